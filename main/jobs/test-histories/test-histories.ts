import { sql } from 'kysely';
import { merged, type Origins } from '../../distribute/history/merge.ts';
import type { Database } from '../databases/database.ts';
import type { Store } from '../store/kysely-of.ts';
import { now } from '../store/now.ts';

/** What the jobs of a project, by its name, have found out of its test files so far. */
export async function testHistory(store: Store, project: string): Promise<Origins> {
  const found = await store
    .selectFrom('test_histories')
    .select('origins')
    .where('project', '=', project)
    .executeTakeFirst();
  return found?.origins ?? {};
}

/** Adds what a job found out. In which order jobs tell, and how often, makes no difference. */
export async function addToTestHistory(
  { database, store }: { readonly database: Database; readonly store: Store },
  project: string,
  told: Origins,
): Promise<void> {
  await database.transaction(async () => {
    await store
      .insertInto('test_histories')
      .values({ project, origins: '{}' })
      .onConflict((on) => on.column('project').doNothing())
      .execute();
    const row = store.selectFrom('test_histories').select('origins').where('project', '=', project);
    const { origins } = await row.forUpdate().executeTakeFirstOrThrow();
    await store
      .updateTable('test_histories')
      .set({ origins: JSON.stringify(merged(origins, told)), changed_at: now })
      .where('project', '=', project)
      .execute();
  });
}

/** Deletes those of projects of which no job has found out anything for so many days. */
export async function forgetHistories(store: Store, days: number): Promise<void> {
  await sql`
    DELETE FROM test_histories WHERE changed_at < clock_timestamp() - ${days} * interval '1 day'
  `.execute(store);
}
