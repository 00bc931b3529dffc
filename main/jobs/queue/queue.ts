import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { PgBoss } from 'pg-boss';
import type { Database } from '../databases/database.ts';
import type { Store } from '../store/kysely-of.ts';
import type { Verdict } from '../store/tables.ts';
import { endJob, now, openAttempt } from './attempt-rows.ts';
import { Groups, queueOf } from './groups.ts';
import type { AttemptKey, ClaimWishes, NewJob, Settled, Standing } from './queued-job.ts';

/** What one does with the queue. All of it is safe with several servers on one database. */
export class Queue {
  readonly #database: Database;
  readonly #store: Store;
  readonly #boss: PgBoss;
  readonly #groups: Groups;

  constructor(database: Database, store: Store, boss: PgBoss) {
    this.#database = database;
    this.#store = store;
    this.#boss = boss;
    this.#groups = new Groups(database, store, boss);
  }

  /** Gives the job's id; by then it is on the disk. */
  async enqueue(job: NewJob): Promise<string> {
    const { name, needs, spec, submitter, priority = 0, notBefore = null, attempts = 2 } = job;
    const id = job.id ?? randomUUID();
    const group_id = await this.#groups.of(needs, submitter);
    await this.#groups.make(group_id);
    await this.#database.transaction(async () => {
      // Who heard no answer asks again.
      const known = this.#store.selectFrom('jobs').select('id').where('id', '=', id);
      if (job.id !== undefined && (await known.executeTakeFirst())) return;
      const isHeld = notBefore !== null;
      const boss_id = isHeld ? null : await this.#groups.send(group_id, { id, priority, attempts });
      await this.#store
        .insertInto('jobs')
        .values({
          ...{ id, type: needs.type, name, group_id, priority, attempts, submitter, boss_id },
          ...{ spec: JSON.stringify(spec), not_before: notBefore, state: 'queued' },
        })
        .execute();
    });
    return id;
  }

  /** The most urgent job that this worker can do, and how it stands when there is none for it. */
  async claim({ worker, token, request, leaseSeconds }: ClaimWishes): Promise<Standing> {
    for (;;) {
      const { rows } = await sql<{ answer: Standing | { standing: 'again' } }>`
        SELECT claim_job(${worker}, ${token}, ${request}, ${leaseSeconds}) AS answer
      `.execute(this.#store);
      const answer = rows[0]?.answer;
      if (answer && answer.standing !== 'again') return answer;
    }
  }

  /** Renews the attempt's lease; false when it is over: lost, cancelled or settled. */
  async beat({ job, number }: AttemptKey): Promise<boolean> {
    const { numUpdatedRows } = await this.#store
      .updateTable('attempts')
      .set({ lease_until: sql<Date>`clock_timestamp() + lease_seconds * interval '1 second'` })
      .where('job', '=', job)
      .where('number', '=', number)
      .where('ended_at', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /**
   * What an attempt came to, as told with the token of its worker; `null` when the caller knows who says it.
   */
  async settle(
    { job, number }: AttemptKey,
    token: string | null,
    result: unknown,
    verdict: Verdict,
  ): Promise<Settled> {
    const { rows } = await sql<{ came: Settled }>`
      SELECT settle_job(${job}, ${number}, ${token}, ${JSON.stringify(result)}::jsonb, ${verdict}) AS came
    `.execute(this.#store);
    return rows[0]?.came ?? 'unknown';
  }

  /**
   * Ends a job that waits or runs; false when it is over already. Its worker hears of it at its next beat.
   */
  async cancel(id: string): Promise<boolean> {
    for (;;) {
      const job = await this.#store
        .selectFrom('jobs')
        .select(['boss_id', 'group_id', 'state'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (job?.state !== 'queued' && job?.state !== 'running') return false;
      const { boss_id } = job;
      const ended = await this.#database.transaction(async () => {
        if (boss_id !== null) await this.#boss.cancel(queueOf(job.group_id), boss_id);
        await openAttempt(this.#store, id).set({ ended_at: now, outcome: 'cancelled' }).execute();
        return await endJob(this.#store, { id, boss_id }, 'cancelled', null);
      });
      // Else it was sent or settled meanwhile.
      if (ended) return true;
    }
  }

  /** Lets a job that is over wait again; what it came to before is kept. False when it is not over. */
  retry(id: string): Promise<boolean> {
    return this.#database.transaction(async () => {
      const job = await this.#store
        .selectFrom('jobs')
        .selectAll()
        .where('id', '=', id)
        .where('state', 'in', ['done', 'cancelled', 'lost'])
        .forUpdate()
        .executeTakeFirst();
      if (!job) return false;
      const boss_id = await this.#groups.send(job.group_id, job);
      await this.#store
        .updateTable('jobs')
        .set({ state: 'queued', boss_id, ended_at: null, verdict: null })
        .where('id', '=', id)
        .execute();
      return true;
    });
  }

  /** Sends the held jobs whose time has come; gives how many those are. */
  async release(): Promise<number> {
    return await this.#database.transaction(async () => {
      const due = await this.#store
        .selectFrom('jobs')
        .select(['id', 'group_id', 'priority', 'attempts'])
        .where('state', '=', sql.lit('queued'))
        .where('boss_id', 'is', null)
        .where((where) => where.or([where('not_before', 'is', null), where('not_before', '<=', now)]))
        .orderBy('created_at')
        .limit(1000)
        .forUpdate()
        .skipLocked()
        .execute();
      for (const job of due) {
        const boss_id = await this.#groups.send(job.group_id, job);
        await this.#store.updateTable('jobs').set({ boss_id }).where('id', '=', job.id).execute();
      }
      return due.length;
    });
  }

  /** Ends the attempts whose lease is over. Their jobs wait again, or are set aside when they had enough. */
  async lapse(): Promise<readonly AttemptKey[]> {
    const late = await this.#store
      .selectFrom('attempts')
      .innerJoin('jobs', 'jobs.id', 'attempts.job')
      .select(['attempts.job', 'attempts.number', 'attempts.boss_id', 'retry_count'])
      .select(['jobs.attempts', 'jobs.group_id'])
      .where('attempts.ended_at', 'is', null)
      .where('lease_until', '<', now)
      .execute();
    const ended: AttemptKey[] = [];
    for (const { job, number, boss_id: id, retry_count: retryCount, attempts, group_id } of late) {
      const isEnded = await this.#database.transaction(async () => {
        const failed = await this.#boss.fail(queueOf(group_id), { id, retryCount }, { message: 'lost' });
        // Its type says nothing of it (pg-boss 12.38).
        if ((failed as { affected?: number }).affected !== 1) return false;
        await openAttempt(this.#store, job).set({ ended_at: now, outcome: 'lost' }).execute();
        if (retryCount + 1 >= attempts) await endJob(this.#store, { id: job, boss_id: id }, 'lost', 'error');
        else await this.#store.updateTable('jobs').set({ state: 'queued' }).where('id', '=', job).execute();
        return true;
      });
      if (isEnded) ended.push({ job, number });
    }
    return ended;
  }
}
