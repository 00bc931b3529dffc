import type { Store } from '../../store/kysely-of.ts';
import { now } from '../../store/now.ts';
import type { BeatAnswer } from '../../worker-protocol.ts';

/** Workers with the pause that holds now, if any, whose columns are null else. */
export const workersWithPauses = (store: Store) =>
  store
    .selectFrom('workers')
    .leftJoin('pauses', (join) =>
      join
        .onRef('pauses.name', '=', 'workers.name')
        .on((on) => on.or([on('pauses.until', 'is', null), on('pauses.until', '>', now)])),
    );

interface PauseRow {
  readonly note: string | null;
  readonly said_by: string | null;
  readonly since: Date | null;
  readonly until: Date | null;
}

export function pauseOf({ note, said_by, since, until }: PauseRow): BeatAnswer['pause'] {
  if (since === null) return null;
  return {
    ...{ note: note ?? '', by: said_by ?? '' },
    ...{ since: since.toISOString(), until: until?.toISOString() ?? null },
  };
}

/** What a worker has to know of what others want of it. */
export async function standingOf(store: Store, id: string): Promise<BeatAnswer> {
  const row = await workersWithPauses(store)
    .select(['draining', 'note', 'said_by', 'since', 'until'])
    .where('workers.id', '=', id)
    .executeTakeFirstOrThrow();
  return { draining: row.draining, pause: pauseOf(row) };
}
