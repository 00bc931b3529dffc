import type { Database } from '../databases/database.ts';
import { foldedWith } from '../progress.ts';
import type { AttemptKey } from '../queue/queued-job.ts';
import type { Store } from '../store/kysely-of.ts';
import { Problem } from './problem.ts';
import type { TokenHolder } from './tokens.ts';

/** What the workers may say of their attempts, and what is known of these. */
export class Attempts {
  readonly #database: Database;
  readonly #store: Store;

  constructor(database: Database, store: Store) {
    this.#database = database;
    this.#store = store;
  }

  /**
   * An attempt is its worker's alone, be the other one an admin: throws Problem 403 for who came with
   * another token than the worker's, 404 where there is none.
   */
  async ofWorker({ job, number }: AttemptKey, holder: TokenHolder | undefined) {
    const attempt = await this.#store
      .selectFrom('attempts')
      .innerJoin('workers', 'workers.id', 'attempts.worker')
      .select(['outcome', 'token'])
      .where('job', '=', job)
      .where('number', '=', number)
      .executeTakeFirst();
    if (!attempt) throw new Problem(404, `there is no attempt ${number} at a job ${job}`);
    if (attempt.token !== holder?.id) {
      throw new Problem(403, `attempt ${number} at job ${job} is another worker's: send the token of that`);
    }
    return attempt;
  }

  /** As `ofWorker`. A cancelled attempt's evidence is welcome, that of one that was given up is not: 409. */
  async mayAdd(key: AttemptKey, holder: TokenHolder | undefined): Promise<void> {
    const { outcome } = await this.ofWorker(key, holder);
    if (outcome === 'lost' || outcome === 'done') throw attemptIsOver(key);
  }

  /**
   * Takes what it has not got yet of events, of which the first one is the `from`th, counted from 0. Gives
   * how many it has then. Throws Problem 409 when there are some missing before these.
   */
  addEvents({ job, number }: AttemptKey, from: number, events: readonly unknown[]): Promise<number> {
    return this.#database.transaction(async () => {
      const row = this.#store.selectFrom('attempts').where('job', '=', job).where('number', '=', number);
      const { progress } = await row.select('progress').forUpdate().executeTakeFirstOrThrow();
      const seen = progress?.seen ?? 0;
      if (from > seen) throw new Problem(409, `${seen} events are here; send what follows those`);
      const folded = foldedWith(progress ?? undefined, events.slice(seen - from));
      await this.#store
        .updateTable('attempts')
        .set({ progress: JSON.stringify(folded) })
        .where('job', '=', job)
        .where('number', '=', number)
        .execute();
      return folded.seen;
    });
  }
}

export const attemptIsOver = ({ job, number }: AttemptKey): Problem =>
  new Problem(409, `attempt ${number} at job ${job} is over: lost, cancelled or settled`);
