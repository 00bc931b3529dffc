import type { PgBoss } from 'pg-boss';
import type { Database } from '../databases/database.ts';
import type { Store } from '../store/kysely-of.ts';
import type { Needs } from '../store/tables.ts';
import { needsId } from './needs.ts';

/** Some 60 years: what an int4 of seconds takes. */
const asGoodAsForever = 60 * 365 * 86_400;
const options = { retentionSeconds: asGoodAsForever, deleteAfterSeconds: 0, retryDelay: 0 };

/** pg-boss's queue of a group. The functions in SQL name it alike. */
export const queueOf = (group: number): string => `g${group}`;

/**
 * Jobs with the same needs of the same submitter are a group, and each group is a queue of pg-boss's: its
 * next job is one entry of an index. (pg-boss's own groups within one queue are left out by `ignoreGroups`,
 * which reads past every job ahead that is not for this worker.)
 */
export class Groups {
  readonly #database: Database;
  readonly #store: Store;
  readonly #boss: PgBoss;
  readonly #known = new Map<string, number>();
  readonly #made = new Set<number>();

  constructor(database: Database, store: Store, boss: PgBoss) {
    this.#database = database;
    this.#store = store;
    this.#boss = boss;
  }

  /** The group for these, which is there afterwards. */
  async of(needs: Needs, submitter: string): Promise<number> {
    const values = { needs: needsId(needs), submitter, wants: JSON.stringify(needs) };
    const key = JSON.stringify([values.needs, submitter]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { id } = await this.#store
      .insertInto('groups')
      .values(values)
      .onConflict((on) => on.columns(['needs', 'submitter']).doUpdateSet({ needs: values.needs }))
      .returning('id')
      .executeTakeFirstOrThrow();
    // Whoever has a transaction open may undo it.
    if (!this.#database.inTransaction) this.#known.set(key, id);
    return id;
  }

  /** Lets a job wait in its group's queue; gives pg-boss's id of it. */
  async send(
    group: number,
    { id, priority, attempts }: { readonly id: string; readonly priority: number; readonly attempts: number },
  ): Promise<string> {
    const queue = queueOf(group);
    if (!this.#made.has(group)) {
      await this.#boss.createQueue(queue, options);
      if (!this.#database.inTransaction) this.#made.add(group);
    }
    const sent = await this.#boss.send(queue, { job: id }, { priority, retryLimit: attempts - 1 });
    if (sent === null) throw new Error('pg-boss did not take the job');
    return sent;
  }

  /** Makes the queue before a transaction is opened, so that it is made once. */
  async make(group: number): Promise<void> {
    if (this.#made.has(group)) return;
    await this.#boss.createQueue(queueOf(group), options);
    this.#made.add(group);
  }
}
