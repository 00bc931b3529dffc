import { sql } from 'kysely';
import { z } from 'zod';
import type { Store } from '../../store/kysely-of.ts';
import type { Routes } from '../service.ts';

const readers = { roles: ['read', 'submit', 'worker'] as const };

/** Upper bounds in seconds of the durations that attempts are counted by. */
const bounds = [1, 10, 60, 300, 1800, 7200, 43_200];

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'histogram';
  /** `{state="queued"} 3` behind the name, or `_sum 4`. */
  readonly samples: readonly (readonly [string, number])[];
}

/** What Prometheus asks for, in its text format 0.0.4; of jobs, those that are kept. */
export const metricsRoutes: Routes = (app, { store }) => {
  app.get(
    '/metrics',
    { config: readers, schema: { response: { 200: z.string() } } },
    async (_request, reply) => {
      const began = performance.now();
      const found = await metricsOf(store).catch(() => undefined);
      const seconds = (performance.now() - began) / 1000;
      const own: Metric[] = [
        gauge('database_up', 'Whether the database answers', [['', found ? 1 : 0]]),
        gauge('database_seconds', 'How long it took to ask it for these', [['', seconds]]),
        gauge('server_memory_bytes', 'Resident memory of this server', [['', process.memoryUsage.rss()]]),
      ];
      return reply.type('text/plain; version=0.0.4; charset=utf-8').send(textOf([...(found ?? []), ...own]));
    },
  );
};

const gauge = (name: string, help: string, samples: Metric['samples']): Metric => ({
  ...{ name: `shakedown_${name}`, help, type: 'gauge', samples },
});

async function metricsOf(store: Store): Promise<readonly Metric[]> {
  const rowsOf = async (statement: ReturnType<typeof sql>) =>
    (await statement.execute(store)).rows as Record<string, string | number | null>[];
  const labelled = (label: string, rows: Record<string, string | number | null>[], all: readonly string[]) =>
    all.map((value): [string, number] => [
      `{${label}="${value}"}`,
      Number(rows.find((row) => row.value === value)?.n ?? 0),
    ]);
  const states = await rowsOf(sql`SELECT state AS value, count(*) AS n FROM jobs GROUP BY state`);
  const outcomes = await rowsOf(
    sql`SELECT coalesce(outcome, 'running') AS value, count(*) AS n FROM attempts GROUP BY outcome`,
  );
  const verdicts = await rowsOf(sql`SELECT verdict AS value, count(*) AS n FROM jobs GROUP BY verdict`);
  const workers = await rowsOf(sql`
    SELECT CASE WHEN seen_at > clock_timestamp() - 3 * beat_seconds * interval '1 second'
      THEN 'alive' ELSE 'silent' END AS value, count(*) AS n
    FROM workers WHERE left_at IS NULL GROUP BY 1
  `);
  const [waiting] = await rowsOf(sql`
    SELECT extract(epoch FROM clock_timestamp() - min(greatest(created_at, not_before)))::float8 AS n
    FROM jobs WHERE state = 'queued' AND coalesce(not_before, created_at) <= clock_timestamp()
  `);
  return [
    gauge(
      'jobs',
      'Jobs by their state',
      labelled('state', states, ['queued', 'running', 'done', 'cancelled', 'lost']),
    ),
    gauge(
      'verdicts',
      'Jobs that are over by what they came to',
      labelled('verdict', verdicts, ['pass', 'fail', 'error']),
    ),
    gauge(
      'attempts',
      'Claimed jobs by what became of the attempt',
      labelled('outcome', outcomes, ['running', 'done', 'lost', 'cancelled']),
    ),
    gauge('workers', 'Workers that have not left', labelled('state', workers, ['alive', 'silent'])),
    gauge('oldest_waiting_seconds', 'For how long the oldest job has waited', [
      ['', Number(waiting?.n ?? 0)],
    ]),
    await secondsOfAttempts(store),
  ];
}

async function secondsOfAttempts(store: Store): Promise<Metric> {
  const { rows } = await sql<{ seconds: number }>`
    SELECT extract(epoch FROM ended_at - started_at)::float8 AS seconds FROM attempts
    WHERE outcome = 'done'
  `.execute(store);
  const took = rows.map(({ seconds }) => Number(seconds));
  const upTo = (bound: number) => took.filter((seconds) => seconds <= bound).length;
  return {
    name: 'shakedown_attempt_seconds',
    help: 'How long attempts took that were done',
    type: 'histogram',
    samples: [
      ...bounds.map((bound): [string, number] => [`_bucket{le="${bound}"}`, upTo(bound)]),
      ['_bucket{le="+Inf"}', took.length],
      ['_sum', took.reduce((sum, each) => sum + each, 0)],
      ['_count', took.length],
    ],
  };
}

const textOf = (metrics: readonly Metric[]): string =>
  metrics
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(([more, value]) => `${name}${more} ${value}`);
      return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n');
    })
    .join('');
