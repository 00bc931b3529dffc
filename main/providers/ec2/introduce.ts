import type { RunContext } from '../../context.ts';
import { addNames } from '../host/add-names.ts';
import type { Machine } from '../provider.ts';
import type { OwnInstance } from './instances.ts';

/**
 * Tells each machine the names of the others, by their private addresses: these are known once the instances exist, so
 * no user data can tell them. Waits for the machines to answer by ssh, `patience` seconds each. Throws ShakedownError.
 */
export async function introduce(
  machines: readonly Machine[],
  instances: readonly OwnInstance[],
  patience: number,
  { signal }: Pick<RunContext, 'signal'>,
): Promise<void> {
  if (machines.length < 2) return;
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const told = machines.map(async (machine) => {
    const others = machines.filter(({ id }) => id !== machine.id);
    const lines = others.flatMap(({ id, name }) => {
      const address = instances.find(({ node }) => node === id)?.privateAddress;
      return address === undefined ? [] : [`${address} ${name}\n`];
    });
    try {
      await addNames(machine, lines, { signal: either, patience });
    } catch (error) {
      // The first to fail ends the others, and is the one that is told.
      failed.abort(error);
    }
  });
  await Promise.all(told);
  either.throwIfAborted();
}
