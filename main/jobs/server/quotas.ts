import { sql } from 'kysely';
import type { QuotaView } from '../account-protocol.ts';
import { Problem } from './problem.ts';
import type { Service } from './service.ts';

/** How many jobs of a submitter run at once, and who has how many: what shares the workers out. */
export class Quotas {
  readonly #service: Pick<Service, 'store' | 'signals'>;

  constructor(service: Pick<Service, 'store' | 'signals'>) {
    this.#service = service;
  }

  /** Who has a quota, or jobs that run or wait; `*`, which is for each without a quota of its own, first. */
  async list(): Promise<QuotaView[]> {
    const { rows } = await sql<QuotaView>`
      SELECT submitter, quotas.running AS jobs,
        CASE WHEN submitter <> '*' THEN coalesce(live.running, 0) END AS running,
        CASE WHEN submitter <> '*' THEN coalesce(live.queued, 0) END AS queued
      FROM quotas FULL JOIN (
        SELECT submitter, count(*) FILTER (WHERE state = 'running')::integer AS running,
          count(*) FILTER (WHERE state = 'queued')::integer AS queued
        FROM jobs WHERE state IN ('queued', 'running') GROUP BY submitter) AS live USING (submitter)
      ORDER BY submitter <> '*', submitter
    `.execute(this.#service.store);
    return rows;
  }

  /** It holds from now on, and ends nothing that runs. */
  async set(submitter: string, running: number): Promise<void> {
    const { store, signals } = this.#service;
    await store
      .insertInto('quotas')
      .values({ submitter, running })
      .onConflict((on) => on.column('submitter').doUpdateSet({ running }))
      .execute();
    signals.changed('queue');
  }

  /** Throws Problem where there is none. */
  async remove(submitter: string): Promise<void> {
    const { store, signals } = this.#service;
    const { numDeletedRows } = await store
      .deleteFrom('quotas')
      .where('submitter', '=', submitter)
      .executeTakeFirst();
    if (numDeletedRows === 0n) throw new Problem(404, `there is no quota for ${submitter}`);
    signals.changed('queue');
  }
}
