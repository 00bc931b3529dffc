import { UsageError } from '../../../common/errors.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { MachineOf } from '../capabilities.ts';
import { mustBeClusterId } from '../cluster-id.ts';
import { runAsRoot } from '../host/root-script.ts';
import { snapshotName } from '../snapshot-name.ts';
import { actScript, type NodeAct } from './act-script.ts';

type Act = Pick<RunContext, 'signal' | 'log'>;
type Named = MachineOf & { readonly name: string };

/** Does something to one machine of a cluster; `what` completes `could not … node 1`. */
export async function act(
  what: string,
  { cluster, machine }: MachineOf,
  does: NodeAct,
  { signal }: Pick<Act, 'signal'>,
): Promise<void> {
  mustBeClusterId('nspawn', cluster.id);
  if (!Number.isInteger(machine) || machine < 0) throw new UsageError(`'${machine}' is not a machine's id.`);
  const message = `could not ${what} node ${machine} of nspawn cluster ${cluster.id}`;
  await runAsRoot(actScript(cluster.id, machine, does), {
    signal,
    failure: { message, node: machine },
    // Scripts tell in their last line what hindered them.
    explain: (stderr) => ({ message: `${message}: ${stderr.trim().split('\n').at(-1)}` }),
  });
}

export async function takeSnapshot(which: Named, ctx: Act): Promise<void> {
  const name = snapshotName(which.name);
  try {
    await act('take a snapshot of', which, ['snapshot', name], ctx);
  } catch (error) {
    // Broken off, it would leave the machine held still.
    const limit = { what: 'letting the machine go', seconds: 30 };
    await withTimeLimit(limit, (signal) => act('let go', which, ['let_go'], { signal })).catch(
      () => undefined,
    );
    throw error;
  }
}

export async function restoreSnapshot(which: Named, ctx: Act): Promise<void> {
  const name = snapshotName(which.name);
  await act('restore', which, ['restore', name], ctx);
}
