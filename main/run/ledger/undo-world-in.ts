import type { UndoWorld } from '../../ledger/undo-kind.ts';
import type { Connections } from '../connections.ts';
import type { OpenRun } from '../open-run.ts';
import type { World } from '../world/world.ts';

/** For undoing what a run did, at its end: machines are reached by the connections that are open. */
export function undoWorldIn(
  { provider, cacheDir }: Pick<World, 'provider' | 'cacheDir'>,
  connections: Connections,
  { evidence: { log } }: Pick<OpenRun, 'evidence'>,
): UndoWorld {
  // Not the signal that may have brought the run to its end: things are undone all the same.
  const { signal } = new AbortController();
  return { signal, log, cacheDir, provider, reach: (machine) => connections.reach(signal, machine) };
}
