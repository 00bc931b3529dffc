import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { PgBoss } from 'pg-boss';
import type { Database } from '../databases/database.ts';
import type { Store } from '../store/kysely-of.ts';
import { now } from '../store/now.ts';
import type { Needs, Verdict } from '../store/tables.ts';
import { endJob, openAttempt } from './attempt-rows.ts';
import { Groups, queueOf } from './groups.ts';
import { releaseHeld } from './held-jobs.ts';
import { type EndedAttempt, endOverdue } from './overdue-attempts.ts';
import type { QueueParts } from './queue-parts.ts';
import type { AttemptKey, ClaimWishes, NewJob, Settled, Standing } from './queued-job.ts';

/** What one does with the queue. All of it is safe with several servers on one database. */
export class Queue {
  readonly #parts: QueueParts;

  constructor(database: Database, store: Store, boss: PgBoss) {
    this.#parts = { database, store, boss, groups: new Groups(database, store, boss) };
  }

  /**
   * Makes what such jobs wait in, so that it is known once a transaction is begun; in one it does nothing.
   */
  async prepare(needs: Needs, submitter: string): Promise<void> {
    const { database, groups } = this.#parts;
    if (!database.inTransaction) await groups.make(await groups.of(needs, submitter));
  }

  /** Gives the job's id; by then it is on the disk. */
  async enqueue(job: NewJob): Promise<string> {
    const { needs, submitter, attempts = 2, priority = 0, notBefore = null, after = [] } = job;
    const { database, store, groups } = this.#parts;
    const id = job.id ?? randomUUID();
    await this.prepare(needs, submitter);
    const group_id = await groups.of(needs, submitter);
    await database.transaction(async () => {
      // Who heard no answer asks again.
      const known = store.selectFrom('jobs').select('id').where('id', '=', id);
      if (job.id !== undefined && (await known.executeTakeFirst())) return;
      const isHeld = notBefore !== null || after.length > 0;
      const boss_id = isHeld ? null : await groups.send(group_id, { id, priority, attempts });
      await store
        .insertInto('jobs')
        .values({
          ...{ id, type: needs.type, name: job.name, group_id, priority, attempts, submitter, boss_id },
          ...{ spec: JSON.stringify(job.spec), not_before: notBefore, state: 'queued' },
          ...{ time_limit: job.timeLimit ?? null, matrix: job.matrix ?? null },
          cell: job.cell ? JSON.stringify(job.cell) : null,
        })
        .execute();
      const needed = [...new Set(after)].map((each) => ({ job: id, needs: each }));
      if (needed.length > 0) await store.insertInto('dependencies').values(needed).execute();
    });
    if (after.length > 0) await this.release();
    return id;
  }

  /** The most urgent job that this worker can do, and how it stands when there is none for it. */
  async claim({ worker, token, request, leaseSeconds }: ClaimWishes): Promise<Standing> {
    for (;;) {
      const { rows } = await sql<{ answer: Standing | { standing: 'again' } }>`
        SELECT claim_job(${worker}, ${token}, ${request}, ${leaseSeconds}) AS answer
      `.execute(this.#parts.store);
      const answer = rows[0]?.answer;
      if (answer && answer.standing !== 'again') return answer;
    }
  }

  /** Renews the attempt's lease; false when it is over: lost, cancelled or settled. */
  async beat({ job, number }: AttemptKey): Promise<boolean> {
    const { numUpdatedRows } = await this.#parts.store
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
    const { rows } = await sql<{ came: Settled | 'awaited' }>`
      SELECT settle_job(${job}, ${number}, ${token}, ${JSON.stringify(result)}::jsonb, ${verdict}) AS came
    `.execute(this.#parts.store);
    const came = rows[0]?.came ?? 'unknown';
    if (came !== 'awaited') return came;
    await this.release();
    return 'settled';
  }

  /**
   * Ends a job that waits or runs; false when it is over already. Its worker hears of it at its next beat.
   */
  async cancel(id: string): Promise<boolean> {
    for (;;) {
      const job = await this.#parts.store
        .selectFrom('jobs')
        .select(['boss_id', 'group_id', 'state'])
        .where('id', '=', id)
        .executeTakeFirst();
      if (job?.state !== 'queued' && job?.state !== 'running') return false;
      const { boss_id } = job;
      const ended = await this.#parts.database.transaction(async () => {
        if (boss_id !== null) await this.#parts.boss.cancel(queueOf(job.group_id), boss_id);
        await openAttempt(this.#parts.store, id).set({ ended_at: now, outcome: 'cancelled' }).execute();
        return await endJob(this.#parts.store, { id, boss_id }, 'cancelled', null);
      });
      // Else it was sent or settled meanwhile.
      if (!ended) continue;
      await this.release();
      return true;
    }
  }

  /**
   * Lets a job that is over wait again; what it came to before is kept. With `failedOnly` a distribution runs
   * only the files that did not pass. False when it is not over.
   */
  async retry(id: string, failedOnly = false): Promise<boolean> {
    const { numUpdatedRows } = await this.#parts.store
      .updateTable('jobs')
      .set({ state: 'queued', boss_id: null, ended_at: null, verdict: null, note: null, not_before: null })
      .set({
        spec: sql`CASE WHEN type = 'distribute'
          THEN spec || jsonb_build_object('failedOnly', ${failedOnly}::boolean) ELSE spec END`,
      })
      .where('id', '=', id)
      .where('state', 'not in', ['queued', 'running'])
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await this.release();
    return true;
  }

  /** Lets held jobs wait whose time has come; gives how many jobs changed. */
  release(): Promise<number> {
    return releaseHeld(this.#parts);
  }

  /** Ends the attempts whose lease or time limit is over. */
  endOverdue(): Promise<readonly EndedAttempt[]> {
    return endOverdue(this.#parts);
  }
}
