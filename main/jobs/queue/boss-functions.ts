import type { PgBoss } from 'pg-boss';
import { ShakedownError } from '../../../common/errors.ts';
import type { Ask } from '../databases/database.ts';

/** The name of a queue, as it stands in pg-boss's statements for that. */
const anyQueue = 'any-queue';
const noId = '00000000-0000-0000-0000-000000000000';

/**
 * pg-boss's own statements, as PostgreSQL functions, so that ours may be one way to the database together
 * with them: `boss_fetch(queue)` and `boss_complete(queue, ids, output,
 * attempts)`. Nothing of pg-boss's tables is known here: its statements are taken as it sends them.
 */
export async function bossFunctions(boss: PgBoss): Promise<string> {
  await boss.createQueue(anyQueue);
  const fetch = await statementOf([], (db) => boss.fetch(anyQueue, { db }));
  const fetchAny = fetch.replaceAll(`'${anyQueue}'`, '$1');
  const complete = await statementOf([{ count: 0, ids: [] }], (db) =>
    boss.complete(anyQueue, { id: noId, retryCount: 0 }, undefined, { db }),
  );
  if (fetchAny === fetch || /\$[2-9]/.test(fetch) || !complete.includes('$4') || complete.includes('$5')) {
    throw new ShakedownError({ message: 'this version of pg-boss has other statements than are known' });
  }
  // Planned each time, as when pg-boss sends them: a plan made while the table
  // was small reads all of a queue.
  return `
    CREATE OR REPLACE FUNCTION boss_fetch(queue text, OUT boss_id uuid, OUT retries integer, OUT job text)
    LANGUAGE plpgsql SET plan_cache_mode TO force_custom_plan AS $function$
    #variable_conflict use_column
    DECLARE got record;
    BEGIN
      ${fetchAny} INTO got;
      boss_id := got.id; retries := got."retryCount"; job := got.data->>'job';
    END $function$;
    CREATE OR REPLACE FUNCTION boss_complete(queue text, ids uuid[], output jsonb, attempts text[])
    RETURNS boolean LANGUAGE plpgsql SET plan_cache_mode TO force_custom_plan AS $function$
    #variable_conflict use_column
    DECLARE completed record;
    BEGIN
      ${complete} INTO completed;
      RETURN completed.count > 0;
    END $function$;
  `;
}

/** What pg-boss would ask a database, which answers it with these rows. */
async function statementOf(
  rows: readonly unknown[],
  act: (db: { executeSql: (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }> }) => unknown,
): Promise<string> {
  const asked: string[] = [];
  const executeSql = async (text: string) => {
    asked.push(text);
    return { rows: [...rows] };
  };
  await act({ executeSql });
  const [statement] = asked;
  if (statement === undefined || asked.length !== 1) throw new Error('pg-boss asked in another way');
  return statement;
}

/** Makes functions anew, as this program has them; servers that start at once do it one after the other. */
export async function makeFunctions(ask: Ask, texts: readonly string[]): Promise<void> {
  await ask('SELECT pg_advisory_xact_lock($1::bigint)', [7_233_012]);
  for (const text of texts) await ask(text);
}
