import { type Selectable, sql } from 'kysely';
import { type FoldedProgress, noProgress, type Progress } from '../progress.ts';
import type { JobView, WholeJobView } from '../protocol.ts';
import type { Store } from '../store/kysely-of.ts';
import type { JobState, Needs, Tables } from '../store/tables.ts';
import type { WorkerView } from '../worker-protocol.ts';
import { knownWorkers } from './workers/known-workers.ts';
import { waitingReasons } from './workers/waiting-reasons.ts';

export interface JobFilter {
  readonly state?: JobState | undefined;
  readonly type?: string | undefined;
  readonly matrix?: string | undefined;
  /** One that its worker must have. */
  readonly label?: string | undefined;
  readonly submitter?: string | undefined;
  readonly pinned?: boolean | undefined;
  /** Only what was submitted earlier than this. */
  readonly before?: string | undefined;
  readonly limit: number;
}

type JobRow = Selectable<Tables['jobs']> & { readonly wants: Needs; readonly started_at: Date | null };

/** Jobs and workers as they are shown. */
export class Views {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The newest first. */
  async jobs(filter: JobFilter): Promise<JobView[]> {
    const { state, type, matrix, label, submitter, pinned, before, limit } = filter;
    let query = this.#jobs().orderBy('created_at', 'desc').orderBy('jobs.id').limit(limit);
    if (state) query = query.where('state', '=', state);
    if (type) query = query.where('type', '=', type);
    if (matrix) query = query.where('matrix', '=', matrix);
    if (submitter) query = query.where('jobs.submitter', '=', submitter);
    if (pinned !== undefined) query = query.where('pinned', '=', pinned);
    if (label) query = query.where(sql<boolean>`wants->'labels' @> ${JSON.stringify([label])}::jsonb`);
    if (before) query = query.where('created_at', '<', new Date(before));
    return await this.#views(await query.execute());
  }

  /** How many jobs are in each state. */
  async counts(): Promise<Readonly<Record<JobState, number>>> {
    const found = await this.#store
      .selectFrom('jobs')
      .select((of) => ['state', of.fn.countAll<string | number>().as('n')])
      .groupBy('state')
      .execute();
    const none = { queued: 0, running: 0, done: 0, cancelled: 0, lost: 0, skipped: 0 };
    return { ...none, ...Object.fromEntries(found.map(({ state, n }) => [state, Number(n)])) };
  }

  /** What one may filter by. */
  async words(): Promise<{
    readonly types: string[];
    readonly submitters: string[];
    readonly labels: string[];
  }> {
    const of = (column: 'type' | 'submitter') =>
      this.#store.selectFrom('jobs').select(column).distinct().orderBy(column).limit(100).execute();
    const { rows } = await sql<{ label: string }>`
      SELECT DISTINCT jsonb_array_elements_text(wants->'labels') AS label FROM groups ORDER BY label LIMIT 100
    `.execute(this.#store);
    return {
      types: (await of('type')).map(({ type }) => type ?? ''),
      submitters: (await of('submitter')).map(({ submitter }) => submitter ?? ''),
      labels: rows.map(({ label }) => label),
    };
  }

  async job(id: string): Promise<WholeJobView | undefined> {
    const row = await this.#jobs().where('jobs.id', '=', id).executeTakeFirst();
    if (!row) return undefined;
    const attempts = await this.#store
      .selectFrom('attempts')
      .innerJoin('workers', 'workers.id', 'attempts.worker')
      .select(['number', 'workers.name', 'started_at', 'ended_at', 'outcome', 'result', 'progress'])
      .where('job', '=', id)
      .orderBy('number')
      .execute();
    const [view] = await this.#views([row]);
    if (!view) return undefined;
    return {
      ...view,
      spec: row.spec,
      timeLimit: row.time_limit,
      after: await this.#neededBy(id),
      ...(told(attempts.at(-1)?.progress) ?? noProgress),
      attempts: attempts.map(({ number, name, started_at, ended_at, outcome, result, progress }) => ({
        ...{ number, worker: name, outcome, result, progress: told(progress) },
        startedAt: started_at.toISOString(),
        endedAt: ended_at?.toISOString() ?? null,
      })),
    };
  }

  async workers(): Promise<WorkerView[]> {
    return (await knownWorkers(this.#store)).map(({ seenAt, capabilities, ...worker }) => ({
      ...worker,
      capabilities: { ...capabilities },
      seenAt: seenAt.toISOString(),
    }));
  }

  async #views(rows: readonly JobRow[]): Promise<JobView[]> {
    const queued = rows.filter(({ state }) => state === 'queued');
    const workers = queued.length > 0 ? await knownWorkers(this.#store) : [];
    const reasons = await waitingReasons(this.#store, queued, workers);
    return rows.map((row) => ({ ...viewOf(row), ...reasons.get(row.id) }));
  }

  #neededBy(id: string) {
    return this.#store
      .selectFrom('dependencies')
      .innerJoin('jobs', 'jobs.id', 'dependencies.needs')
      .select(['jobs.id', 'name', 'state', 'verdict'])
      .where('dependencies.job', '=', id)
      .orderBy('created_at')
      .execute();
  }

  #jobs() {
    return this.#store
      .selectFrom('jobs')
      .innerJoin('groups', 'groups.id', 'jobs.group_id')
      .selectAll('jobs')
      .select('wants')
      .select(began.as('started_at'));
  }
}

function told(folded: FoldedProgress | null | undefined): Progress | null {
  if (!folded) return null;
  const { seen, began, ...progress } = folded;
  return progress;
}

/** When a job's newest attempt began. */
const began = sql<Date | null>`(SELECT max(started_at) FROM attempts WHERE attempts.job = jobs.id)`;

function viewOf({ wants, created_at, started_at, ended_at, ...row }: JobRow): JobView {
  const { id, type, name, submitter, priority, state, verdict, matrix, cell, note, pinned } = row;
  return {
    ...{ id, type, name, submitter, priority, state, verdict, matrix, cell, note, pinned },
    labels: [...wants.labels],
    createdAt: created_at.toISOString(),
    startedAt: started_at?.toISOString() ?? null,
    endedAt: ended_at?.toISOString() ?? null,
  };
}
