import { UsageError } from '../../../common/errors.ts';
import { actInWords, type MachineAct } from '../../../common/machine-acts.ts';
import { type ActOptions, actOnMachine } from '../../cluster/power/act-on-machine.ts';
import { type KnownKinds, mustBeAble, type Owner } from '../../providers/machine-acts.ts';
import type { Machine } from '../../providers/provider.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import { duration } from '../../report/words.ts';
import { acquireLock } from '../../store/lock.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { clusterWith, keptMachines, machineNamed } from './kept-node.ts';

/** Seconds for a machine to answer again, unless told. */
const patience = 180;

/**
 * `nodes reboot`, `nodes power`, `nodes snapshot`, `nodes restore`: does it to all that are
 * named, side by side, or to none when one of them is unknown or of a kind that cannot.
 * Throws the first failure once all have ended.
 */
export async function actOnNodes(
  what: MachineAct,
  names: readonly string[],
  options: CommandOptions,
  environment: CommandEnvironment,
  kinds: KnownKinds,
): Promise<number> {
  const { cwd, signal, stdout } = environment;
  const timeout = Number(options.wait ?? patience);
  if (!(timeout > 0)) throw new UsageError(`--wait takes seconds; found '${options.wait}'.`);
  await using _lock = await acquireLock(cwd);
  const kept = await keptMachines(cwd);
  const { machines } = kept.cluster;
  const wanted = names.map((name) => machineNamed(machines, name));
  if (wanted.length === 0) machineNamed(machines, undefined);
  const known = await kinds();
  const owned = [...new Set(wanted)].map((machine) => {
    const { provider: name, which } = clusterWith(kept, machine);
    const provider = known.find((kind) => kind.name === name);
    if (!provider) throw new UsageError(`There is no provider '${name}'.`);
    return { machine, owner: { provider, which } };
  });
  for (const { owner } of owned) await mustBeAble(owner, what, kinds);
  const context = { signal, log: () => undefined, timeout, kinds, connect: connectSsh };
  const outcomes = await Promise.allSettled(
    owned.map(async ({ machine, owner }) => {
      const begun = performance.now();
      await act(machine, owner, what, context);
      stdout.write(`${machine.name}: ${actInWords(what)} (${duration(performance.now() - begun)})\n`);
    }),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return 0;
}

async function act(machine: Machine, owner: Owner, what: MachineAct, options: ActOptions): Promise<void> {
  const { connect, signal } = options;
  // To tell its boot from the next one; one that does not answer is restarted all the same.
  const before =
    what.act === 'reboot'
      ? await connect(machine.ssh, { signal, timeout: 5 }).catch(() => undefined)
      : undefined;
  try {
    const after = await actOnMachine(machine, owner, what, { ...options, remote: before });
    await after?.[Symbol.asyncDispose]();
  } finally {
    await before?.[Symbol.asyncDispose]();
  }
}

/** The snapshot that `--name` names. Throws UsageError without one. */
export function snapshotNamed(action: string, { name }: CommandOptions): string {
  if (name !== undefined && name !== true && !Array.isArray(name)) return String(name);
  throw new UsageError(`'nodes ${action}' takes the snapshot's name.`, {
    hint: `shakedown nodes ${action} 0 --name before`,
  });
}
