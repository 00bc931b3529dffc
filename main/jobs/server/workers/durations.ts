import { sql } from 'kysely';
import type { Store } from '../../store/kysely-of.ts';

interface Kind {
  readonly type: string;
  readonly name: string;
}

/** How many jobs are asked about at most, of how many past ones each. */
const [most, past] = [200, 20];

/**
 * How long jobs take, in ms: the median of the last ones of the same type and name, else of the last ones of
 * the type; undefined where there was none.
 */
export async function durationsOf(
  store: Store,
  jobs: readonly Kind[],
): Promise<(job: Kind) => number | undefined> {
  const kinds = [...new Map(jobs.map(({ type, name }) => [keyOf({ type, name }), { type, name }])).values()];
  if (kinds.length === 0) return () => undefined;
  const { rows: named } = await sql<Kind & { ms: number | null }>`
    SELECT kind->>'type' AS type, kind->>'name' AS name, (
      SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FROM (
        SELECT 1000 * extract(epoch FROM attempts.ended_at - attempts.started_at)::double precision AS ms
        FROM jobs JOIN attempts ON attempts.job = jobs.id AND attempts.number = jobs.tries
        WHERE jobs.state = 'done' AND jobs.type = kind->>'type' AND jobs.name = kind->>'name'
        ORDER BY jobs.ended_at DESC LIMIT ${sql.lit(past)}) AS durations) AS ms
    FROM json_array_elements(${JSON.stringify(kinds.slice(0, most))}::json) AS kind
  `.execute(store);
  const { rows: typed } = await sql<{ type: string; ms: number }>`
    SELECT type, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms FROM (
      SELECT type, 1000 * extract(epoch FROM attempts.ended_at - attempts.started_at)::double precision AS ms
      FROM jobs JOIN attempts ON attempts.job = jobs.id AND attempts.number = jobs.tries
      WHERE jobs.state = 'done' ORDER BY jobs.created_at DESC LIMIT ${sql.lit(10 * past)}) AS durations
    GROUP BY type
  `.execute(store);
  const byName = new Map(named.map((row) => [keyOf(row), row.ms ?? undefined]));
  const byType = new Map(typed.map(({ type, ms }) => [type, ms]));
  return (job) => byName.get(keyOf(job)) ?? byType.get(job.type);
}

const keyOf = ({ type, name }: Kind): string => JSON.stringify([type, name]);
