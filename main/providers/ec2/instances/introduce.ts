import { sideBySide } from '../../../../common/side-by-side.ts';
import type { RunContext } from '../../../context/run-context.ts';
import { addNames } from '../../host/add-names.ts';
import type { Machine } from '../../provider.ts';
import type { OwnInstance } from './instances.ts';

/**
 * Tells each machine the names of all, by their private addresses: these are known once the
 * instances exist, so no user data can tell them. Waits for the machines to answer by ssh,
 * `patience` seconds each. Throws ShakedownError.
 */
export async function introduce(
  machines: readonly Machine[],
  instances: readonly OwnInstance[],
  patience: number,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<void> {
  if (machines.length < 2) return;
  // Its own name too: by cloud-init that is 127.0.1.1, and what listens there the others do not reach.
  const lines = machines.flatMap(({ id, name }) => {
    const address = instances.find(({ node }) => node === id)?.privateAddress;
    return address === undefined ? [] : [`${address} ${name}\n`];
  });
  await sideBySide(machines, machines.length, signal, (machine, either) =>
    addNames(machine, lines, { signal: either, patience }),
  );
}
