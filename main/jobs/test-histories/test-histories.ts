import { sql } from 'kysely';
import type { Store } from '../store/kysely-of.ts';
import type { TestHistory } from './test-history.ts';

/** What the jobs of a project, by its name, have found out so far; undefined where that is nothing. */
export async function testHistory(store: Store, project: string): Promise<TestHistory | undefined> {
  const found = await store
    .selectFrom('test_histories')
    .select(['files', 'more'])
    .where('project', '=', project)
    .executeTakeFirst();
  return found && { ...found.more, files: found.files };
}

/**
 * Adds what one job has found out of some files. What others found out of others meanwhile stays; of the same
 * file the last word counts.
 */
export async function addToTestHistory(
  store: Store,
  project: string,
  { files, ...more }: TestHistory,
): Promise<void> {
  const [known, others] = [JSON.stringify(files), JSON.stringify(more)];
  await store
    .insertInto('test_histories')
    .values({ project, files: known, more: others })
    .onConflict((on) =>
      on.column('project').doUpdateSet({
        files: sql`test_histories.files || excluded.files`,
        more: sql`test_histories.more || excluded.more`,
        changed_at: sql<Date>`clock_timestamp()`,
      }),
    )
    .execute();
}

/** Deletes those of projects of which no job has found out anything for so many days. */
export async function forgetHistories(store: Store, days: number): Promise<void> {
  await sql`
    DELETE FROM test_histories WHERE changed_at < clock_timestamp() - ${days} * interval '1 day'
  `.execute(store);
}
