import { asShakedownError, ShakedownError } from '../common/errors.ts';
import type { LedgerEntry } from './context.ts';
import { borrowedMachines, type Machine, type Provider } from './providers/provider.ts';
import { openLedgers } from './store/file-ledger.ts';
import { readKeptCluster, removeKeptCluster } from './store/kept-cluster.ts';
import type { World } from './world.ts';

/** What undoing needs of the world. */
export type Reaping = Pick<World, 'signal' | 'cacheDir' | 'provider' | 'connector'>;

/**
 * Finishes the clean-up of this folder's runs whose process is dead, from their ledgers. Gives a sentence for each
 * thing that was undone. Throws what undoing threw; what was undone before is settled.
 */
export async function reapDirectory(directory: string, world: Reaping): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const ledger of await openLedgers(directory)) {
    if (ledger.ownerAlive) continue;
    for (const entry of [...ledger.entries].reverse()) {
      await undo(entry, world);
      await ledger.settle(entry.id);
      lines.push(`cleaned up after run ${ledger.run}, which was killed: ${entry.kind} ${entry.id}`);
    }
    const kept = await readKeptCluster(directory);
    if (kept?.run === ledger.run) await removeKeptCluster(directory);
  }
  return lines;
}

/**
 * Destroys clusters of this main host whose process is dead, whichever folder they were made from. Gives a sentence
 * for each one, and what went wrong: a provider that fails does not keep the others from it.
 */
export async function reapEverywhere(
  providers: readonly Provider[],
  world: Reaping,
  options: { kept: boolean },
): Promise<{ readonly lines: readonly string[]; readonly failures: readonly ShakedownError[] }> {
  const lines: string[] = [];
  const failures: ShakedownError[] = [];
  for (const provider of providers) {
    try {
      for (const cluster of await provider.list(world)) {
        if (cluster.ownerAlive || (cluster.kept && !options.kept)) continue;
        await provider.destroy(cluster, { signal: world.signal, log: () => undefined });
        const done = cluster.borrowed ? 'released the machines of' : 'destroyed';
        lines.push(`${done} ${provider.name} cluster ${cluster.id}`);
      }
    } catch (error) {
      world.signal.throwIfAborted();
      const { details } = asShakedownError(error);
      failures.push(new ShakedownError({ ...details, message: `${provider.name}: ${details.message}` }));
    }
  }
  return { lines, failures };
}

/** Destroys the machines that this folder keeps, or gives borrowed ones back. Gives a sentence if there were any. */
export async function takeDownKept(directory: string, world: Reaping): Promise<readonly string[]> {
  const kept = await readKeptCluster(directory);
  if (!kept) return [];
  const { cluster } = kept;
  const borrowed = borrowedMachines(cluster);
  for (const machine of borrowed) {
    const workingDir = kept.workingDirs[machine.id];
    if (workingDir !== undefined) await giveBackMachine(machine, workingDir, world);
  }
  for (const each of [cluster, ...(kept.others ?? [])]) {
    const provider = await world.provider(each.provider);
    await provider.destroy(each, { signal: world.signal, log: () => undefined });
  }
  await removeKeptCluster(directory);
  const made = cluster.machines.length - borrowed.length;
  const done = [
    made > 0 ? `destroyed the ${made}` : '',
    borrowed.length > 0 ? `gave back the ${borrowed.length}` : '',
  ].filter(Boolean);
  const kinds = new Set([cluster, ...(kept.others ?? [])].map(({ provider }) => provider));
  return [`${done.join(' and ')} ${[...kinds].join(' and ')} machines that run ${kept.run} kept`];
}

async function undo(entry: LedgerEntry, world: Reaping): Promise<void> {
  if (entry.kind === 'cluster') {
    const provider = await world.provider(entry.provider);
    await provider.destroy({ id: entry.id }, { signal: world.signal, log: () => undefined });
  } else {
    await giveBackMachine(entry.machine as Machine, entry.workingDir, world);
  }
}

/** The agent's first act on a node, before any run's own, is to finish what an earlier agent there left undone. */
async function giveBackMachine(
  machine: Machine,
  workingDir: string,
  { connector, signal, cacheDir }: Reaping,
): Promise<void> {
  const remote = await connector.connect(machine.ssh, { signal, timeout: 20 });
  await using _remote = remote;
  const listener = { log: () => undefined, progress: () => undefined };
  await using agent = await connector.startAgent(remote, {
    cacheDir,
    runId: 'reap',
    listener,
    signal,
    log: listener.log,
  });
  await agent.call('clean', { workingDir, keep: [] }, { signal });
}
