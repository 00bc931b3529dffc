import type { Store } from '../store/kysely-of.ts';
import { now } from '../store/now.ts';
import type { Verdict } from '../store/tables.ts';

/** The attempt under way at a job, to be changed. */
export const openAttempt = (store: Store, job: string) =>
  store.updateTable('attempts').where('job', '=', job).where('ended_at', 'is', null);

/** False when the job was over already, or was sent again meanwhile. */
export async function endJob(
  store: Store,
  { id, boss_id }: { readonly id: string; readonly boss_id: string | null },
  state: 'done' | 'cancelled' | 'lost',
  verdict: Verdict | null,
): Promise<boolean> {
  const { numUpdatedRows } = await store
    .updateTable('jobs')
    .set({ state, verdict, ended_at: now })
    .where('id', '=', id)
    .where('state', 'in', ['queued', 'running'])
    .where('boss_id', 'is not distinct from', boss_id)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
