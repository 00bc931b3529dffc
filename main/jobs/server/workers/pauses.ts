import { sql } from 'kysely';
import { now } from '../../store/now.ts';
import { Problem } from '../problem.ts';
import type { Service } from '../service.ts';

/**
 * What others want of workers. One is named by its id or its name; what is said of a name holds for all that
 * have it, and a pause also for those that register later: a machine that is restarted stays paused. Each
 * throws Problem when there is no such worker.
 */
export class Pauses {
  readonly #service: Pick<Service, 'store' | 'signals'>;

  constructor(service: Pick<Service, 'store' | 'signals'>) {
    this.#service = service;
  }

  /** Gives it no jobs, for so many seconds or until it is resumed. */
  async pause(worker: string, by: string, note: string, seconds?: number): Promise<void> {
    const until =
      seconds === undefined
        ? null
        : sql<Date>`clock_timestamp() + ${seconds}::double precision * interval '1 second'`;
    const values = { note, said_by: by, until };
    await this.#service.store
      .insertInto('pauses')
      .values({ name: await this.#nameOf(worker), ...values })
      .onConflict((on) => on.column('name').doUpdateSet({ ...values, since: now }))
      .execute();
  }

  /** Lets it end after its jobs. */
  async drain(worker: string): Promise<void> {
    await this.#drain(await this.#nameOf(worker), true);
  }

  /** Takes back both. */
  async resume(worker: string): Promise<void> {
    const name = await this.#nameOf(worker);
    await this.#service.store.deleteFrom('pauses').where('name', '=', name).execute();
    await this.#drain(name, false);
  }

  async #nameOf(worker: string): Promise<string> {
    const { store } = this.#service;
    const found = await store
      .selectFrom('workers')
      .select('name')
      .where((where) => where.or([where('id', '=', worker), where('name', '=', worker)]))
      .where('left_at', 'is', null)
      .executeTakeFirst();
    const paused =
      found ??
      (await store.selectFrom('pauses').select('name').where('name', '=', worker).executeTakeFirst());
    if (!paused) throw new Problem(404, `there is no worker ${worker}`);
    return paused.name;
  }

  /** Those that wait for a job hear of it at once. */
  async #drain(name: string, draining: boolean): Promise<void> {
    const { store, signals } = this.#service;
    await store
      .updateTable('workers')
      .set({ draining })
      .where('name', '=', name)
      .where('left_at', 'is', null)
      .execute();
    signals.changed('queue');
  }
}
