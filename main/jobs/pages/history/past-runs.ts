import { sql } from 'kysely';
import type { Progress } from '../../progress.ts';
import type { Store } from '../../store/kysely-of.ts';
import type { Verdict } from '../../store/tables.ts';

/** Jobs of one type and name, and one place in a matrix: a scenario, when the type is `run`. */
export interface Scenario {
  readonly type: string;
  readonly name: string;
  readonly cell: Readonly<Record<string, string>> | null;
}

export interface ScenarioSummary extends Scenario {
  /** How many came to a verdict. */
  readonly runs: number;
  /** When the newest began; ISO 8601. */
  readonly at: string;
  /** Of the newest ones, the oldest first. */
  readonly verdicts: readonly { readonly id: string; readonly verdict: Verdict }[];
}

export interface PastRun {
  readonly id: string;
  readonly number: number;
  readonly verdict: Verdict;
  /** When it began and ended; ISO 8601. */
  readonly at: string;
  readonly endedAt: string;
  readonly seconds: number;
  readonly checks: Progress['checks'];
}

const [mostScenarios, shownVerdicts, mostRuns] = [200, 20, 100];

/** What there is a history of, what was run last first. */
export async function scenarios(store: Store): Promise<readonly ScenarioSummary[]> {
  const { rows } = await sql<{
    type: string;
    name: string;
    cell: Scenario['cell'];
    runs: string | number;
    at: Date;
    verdicts: ScenarioSummary['verdicts'];
  }>`
    SELECT type, name, cell, max(total) AS runs, max(created_at) AS at,
      jsonb_agg(jsonb_build_object('id', id, 'verdict', verdict) ORDER BY created_at)
        FILTER (WHERE place <= ${shownVerdicts}) AS verdicts
    FROM (SELECT id, type, name, cell, verdict, created_at,
        row_number() OVER (PARTITION BY type, name, cell ORDER BY created_at DESC) AS place,
        count(*) OVER (PARTITION BY type, name, cell) AS total
      FROM jobs WHERE state = 'done') AS done
    GROUP BY type, name, cell ORDER BY at DESC LIMIT ${mostScenarios}
  `.execute(store);
  return rows.map(({ runs, at, ...row }) => ({ ...row, runs: Number(runs), at: at.toISOString() }));
}

/** The newest runs of a scenario that came to a verdict, the oldest of them first. */
export async function pastRuns(store: Store, { type, name, cell }: Scenario): Promise<readonly PastRun[]> {
  const { rows } = await sql<{
    id: string;
    number: number;
    verdict: Verdict;
    started_at: Date;
    ended_at: Date;
    checks: Progress['checks'] | null;
  }>`
    SELECT jobs.id, number, verdict, started_at, attempts.ended_at, progress->'checks' AS checks
    FROM jobs JOIN attempts ON attempts.job = jobs.id
    WHERE type = ${type} AND name = ${name}
      AND cell IS NOT DISTINCT FROM ${cell && JSON.stringify(cell)}::jsonb AND state = 'done' AND outcome = 'done'
      AND number = (SELECT max(number) FROM attempts WHERE job = jobs.id)
    ORDER BY started_at DESC LIMIT ${mostRuns}
  `.execute(store);
  return rows.toReversed().map(({ started_at, ended_at, checks, ...row }) => ({
    ...row,
    at: started_at.toISOString(),
    endedAt: ended_at.toISOString(),
    seconds: (ended_at.getTime() - started_at.getTime()) / 1000,
    checks: checks ?? [],
  }));
}
