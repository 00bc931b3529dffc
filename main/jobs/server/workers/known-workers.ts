import { sql } from 'kysely';
import type { KnownWorker } from '../../queue/waiting.ts';
import type { Store } from '../../store/kysely-of.ts';
import type { WorkerView } from '../../worker-protocol.ts';
import { pauseOf, workersWithPauses } from './standing.ts';

/** Heartbeats that a worker may miss before it counts as gone. */
const patience = 3;

/** All workers that have not said goodbye, by name. */
export async function knownWorkers(
  store: Store,
): Promise<(KnownWorker & Pick<WorkerView, 'id' | 'client_info' | 'pause'>)[]> {
  const running = sql<number>`(SELECT count(*) FROM attempts WHERE worker = workers.id AND ended_at IS NULL)`;
  const alive = sql<boolean>`seen_at > clock_timestamp() - ${patience} * beat_seconds * interval '1 second'`;
  const rows = await workersWithPauses(store)
    .select(['workers.id', 'workers.name', 'capabilities', 'slots', 'seen_at', 'client_info', 'draining'])
    .select(['note', 'said_by', 'since', 'until'])
    .select([running.as('running'), alive.as('alive')])
    .where('left_at', 'is', null)
    .orderBy('workers.name')
    .execute();
  return rows.map((row) => {
    const { id, name, capabilities, slots, client_info, draining, running, alive, seen_at: seenAt } = row;
    return {
      ...{ id, name, capabilities, slots, client_info, draining, running, alive, seenAt },
      pause: pauseOf(row),
    };
  });
}
