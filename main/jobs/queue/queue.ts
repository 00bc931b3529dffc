import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { PgBoss } from 'pg-boss';
import type { Database } from '../databases/database.ts';
import type { Store } from '../store/kysely-of.ts';
import type { Needs, Verdict } from '../store/tables.ts';
import { claimed, endAttempt, endJob, lockedAttempt, now, untilLeaseEnds } from './attempt-rows.ts';
import { queueName } from './boss-of.ts';
import { lacks, needsId } from './needs.ts';
import type { AttemptKey, Claim, ClaimWishes, NewJob } from './queued-job.ts';

/** The five things one does with the queue. All are safe with several servers on one database. */
export class Queue {
  readonly #database: Database;
  readonly #store: Store;
  readonly #boss: PgBoss;

  constructor(database: Database, store: Store, boss: PgBoss) {
    this.#database = database;
    this.#store = store;
    this.#boss = boss;
  }

  /** Gives the job's id; by then it is on the disk. */
  enqueue(wanted: NewJob): Promise<string> {
    const { name, needs, spec, submitter, priority = 0, notBefore, attempts = 2 } = wanted;
    const job = {
      ...{
        id: wanted.id ?? randomUUID(),
        type: needs.type,
        name,
        needs: needsId(needs),
        priority,
        attempts,
        submitter,
      },
      ...{ spec: JSON.stringify(spec), not_before: notBefore ?? null, state: 'queued' as const },
    };
    return this.#database.transaction(async () => {
      // Who heard no answer asks again.
      const known = this.#store.selectFrom('jobs').select('id').where('id', '=', job.id);
      if (wanted.id !== undefined && (await known.executeTakeFirst())) return job.id;
      const wants = { id: job.needs, wants: JSON.stringify(needs) };
      await this.#store
        .insertInto('needs')
        .values(wants)
        .onConflict((on) => on.doNothing())
        .execute();
      const boss_id = await this.#send(job);
      await this.#store
        .insertInto('jobs')
        .values({ ...job, boss_id })
        .execute();
      return job.id;
    });
  }

  /** The most urgent job that this worker can do, oldest first, or undefined when there is none. */
  claim({ worker, capabilities, request, leaseSeconds }: ClaimWishes): Promise<Claim | undefined> {
    return this.#database
      .transaction(async () => {
        const before = await claimed(this.#store, worker, request);
        if (before) return before;
        const { rows } = await sql<{ id: string; wants: Needs }>`
        SELECT id, wants FROM needs
        WHERE EXISTS (SELECT 1 FROM jobs WHERE jobs.state = 'queued' AND jobs.needs = needs.id)
      `.execute(this.#store);
        const able = new Set(
          rows.filter(({ wants }) => lacks(capabilities, wants).length === 0).map(({ id }) => id),
        );
        if (able.size === 0) return undefined;
        const ignoreGroups = rows.map(({ id }) => id).filter((id) => !able.has(id));
        const [found] = await this.#boss.fetch<{ job: string }>(queueName, {
          includeMetadata: true,
          ...(ignoreGroups.length === 0 ? {} : { ignoreGroups }),
        });
        if (!found) return undefined;
        const job = await this.#store
          .selectFrom('jobs')
          .selectAll()
          .where('id', '=', found.data.job)
          .executeTakeFirstOrThrow();
        // One with other needs may have come since those were read: undone with the
        // transaction, and asked again.
        if (!able.has(job.needs)) throw new UnknownNeeds();
        const attempts = sql<number>`(SELECT coalesce(max(number), 0) + 1 FROM attempts WHERE job = ${job.id})`;
        const attempt = await this.#store
          .insertInto('attempts')
          .values({
            ...{
              job: job.id,
              number: attempts,
              boss_id: found.id,
              retry_count: found.retryCount,
              worker,
              request,
            },
            ...{ lease_seconds: leaseSeconds, lease_until: untilLeaseEnds(leaseSeconds) },
          })
          .returning('number')
          .executeTakeFirstOrThrow();
        await this.#store.updateTable('jobs').set({ state: 'running' }).where('id', '=', job.id).execute();
        const { id, type, name, spec } = job;
        return { job: id, number: attempt.number, type, name, spec, leaseSeconds };
      })
      .catch((error: unknown) => {
        if (error instanceof UnknownNeeds) return this.claim({ worker, capabilities, request, leaseSeconds });
        throw error;
      });
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
   * What an attempt came to. `stale` when it is not the one under way; `again`
   * when this very result is known.
   */
  settle(key: AttemptKey, result: unknown, verdict: Verdict): Promise<'settled' | 'again' | 'stale'> {
    return this.#database.transaction(async () => {
      const attempt = await lockedAttempt(this.#store, key);
      if (!attempt) return 'stale';
      const text = JSON.stringify(result);
      if (attempt.outcome === 'done') {
        const { rows } = await sql<{ same: boolean }>`
          SELECT result = ${text}::jsonb AS same FROM attempts WHERE job = ${key.job} AND number = ${key.number}
        `.execute(this.#store);
        return rows[0]?.same ? 'again' : 'stale';
      }
      if (attempt.outcome) return 'stale';
      const { boss_id: id, retry_count: retryCount } = attempt;
      const answer = await this.#boss.complete(queueName, { id, retryCount });
      // Its type says nothing of it (pg-boss 12.38).
      if ((answer as { affected?: number }).affected !== 1) return 'stale';
      await endAttempt(this.#store, key, 'done', text);
      await endJob(this.#store, key.job, 'done', verdict);
      return 'settled';
    });
  }

  /**
   * Ends a job that waits or runs; false when it is over already. Its worker hears of it at its next beat.
   */
  cancel(job: string): Promise<boolean> {
    return this.#database.transaction(async () => {
      const found = await this.#store
        .selectFrom('jobs')
        .select(['boss_id', 'state'])
        .where('id', '=', job)
        .forUpdate()
        .executeTakeFirst();
      if (found?.state !== 'queued' && found?.state !== 'running') return false;
      await this.#boss.cancel(queueName, found.boss_id);
      await this.#store
        .updateTable('attempts')
        .set({ ended_at: now, outcome: 'cancelled' })
        .where('job', '=', job)
        .where('ended_at', 'is', null)
        .execute();
      await endJob(this.#store, job, 'cancelled', null);
      return true;
    });
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
      const boss_id = await this.#send({ ...job, not_before: null });
      await this.#store
        .updateTable('jobs')
        .set({ state: 'queued', boss_id, ended_at: null, verdict: null })
        .where('id', '=', id)
        .execute();
      return true;
    });
  }

  /** Ends the attempts whose lease is over. Their jobs wait again, or are set aside when they had enough. */
  lapse(): Promise<readonly AttemptKey[]> {
    return this.#database.transaction(async () => {
      const late = await this.#store
        .selectFrom('attempts')
        .innerJoin('jobs', 'jobs.id', 'attempts.job')
        .select(['attempts.job', 'attempts.number', 'attempts.boss_id', 'retry_count', 'jobs.attempts'])
        .where('attempts.ended_at', 'is', null)
        .where('lease_until', '<', now)
        .forUpdate('attempts')
        .skipLocked()
        .execute();
      for (const { job, number, boss_id: id, retry_count: retryCount, attempts } of late) {
        await this.#boss.fail(queueName, { id, retryCount }, { message: 'its worker was lost' });
        await endAttempt(this.#store, { job, number }, 'lost');
        if (retryCount + 1 >= attempts) await endJob(this.#store, job, 'lost', 'error');
        else await this.#store.updateTable('jobs').set({ state: 'queued' }).where('id', '=', job).execute();
      }
      return late.map(({ job, number }) => ({ job, number }));
    });
  }

  async #send(job: {
    readonly id: string;
    readonly needs: string;
    readonly priority: number;
    readonly attempts: number;
    readonly not_before: Date | null;
  }): Promise<string> {
    const id = await this.#boss.send(
      queueName,
      { job: job.id },
      {
        group: { id: job.needs },
        priority: job.priority,
        retryLimit: job.attempts - 1,
        ...(job.not_before ? { startAfter: job.not_before } : {}),
      },
    );
    if (id === null) throw new Error('pg-boss did not take the job');
    return id;
  }
}

class UnknownNeeds extends Error {}
