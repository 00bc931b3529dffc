import type { Readable } from 'node:stream';
import { sql } from 'kysely';
import type { TokenHolder } from '../accounts/tokens.ts';
import { foldedWith } from '../progress.ts';
import type { AttemptKey } from '../queue/queued-job.ts';
import type { Outcome, Verdict } from '../store/tables.ts';
import { Problem } from './problem.ts';
import type { Service } from './service.ts';

/** What the workers may say of their attempts, and what is known of these. */
export class Attempts {
  readonly #service: Service;

  constructor(service: Service) {
    this.#service = service;
  }

  /**
   * An attempt is its worker's alone, be the other one an admin: throws Problem 403 for who came with
   * another token than the worker's, 404 where there is none.
   */
  async ofWorker(key: AttemptKey, holder: TokenHolder | undefined): Promise<void> {
    mustBeOf(holder, key, await this.#find(key));
  }

  /** As `ofWorker` and `isOpen`. */
  async mayAdd(key: AttemptKey, holder: TokenHolder | undefined): Promise<void> {
    const attempt = await this.#find(key);
    mustBeOf(holder, key, attempt);
    mustBeOpen(key, attempt);
  }

  /** A cancelled attempt's evidence is welcome, that of one that was given up is not: throws Problem 409. */
  async isOpen(key: AttemptKey): Promise<void> {
    mustBeOpen(key, await this.#find(key));
  }

  /** Throws Problem 409 when the attempt is over. */
  async renew(key: AttemptKey): Promise<void> {
    if (!(await this.#service.queue.beat(key))) throw attemptIsOver(key);
  }

  /**
   * As `ofWorker`; a `holder` of null is one who is known to be the attempt's. Throws Problem 409 when the
   * attempt is over.
   */
  async settle(
    key: AttemptKey,
    holder: TokenHolder | undefined | null,
    result: unknown,
    verdict: Verdict,
  ): Promise<void> {
    const { queue, signals } = this.#service;
    const token = holder === null ? null : (holder?.id ?? '');
    const came = await queue.settle(key, token, result, verdict);
    // Says which of them it is.
    if (came === 'unknown' || came === 'foreign') await this.ofWorker(key, holder ?? undefined);
    if (came !== 'settled' && came !== 'again') throw attemptIsOver(key);
    signals.changed('queue');
    signals.changed(`job ${key.job}`);
  }

  /** Keeps all of it as the attempt's log; what of it is there already is not taken twice. */
  async addLog(key: AttemptKey, body: Readable, limit: number): Promise<void> {
    const { files, signals } = this.#service;
    let offset = 0;
    for await (const piece of body) {
      if (offset + piece.length > limit) throw new Problem(413, `more than ${limit} bytes of output`);
      await files.append(key, offset, piece);
      offset += piece.length;
    }
    signals.changed(`job ${key.job}`);
  }

  /** Gives its digest and size; throws Problem when it is too large, or is not what `sha256` says. */
  async addArtifact(key: AttemptKey, path: string, body: Readable, sha256?: string) {
    const { store, files, limits } = this.#service;
    const came = await files.save(files.artifact(key, path), body, limits.artifact, sha256);
    await store
      .insertInto('artifacts')
      .values({ job: key.job, attempt: key.number, path, ...came })
      .onConflict((on) => on.columns(['job', 'attempt', 'path']).doUpdateSet(came))
      .execute();
    return came;
  }

  async secondsSinceItBegan({ job, number }: AttemptKey): Promise<number> {
    const { seconds } = await this.#service.store
      .selectFrom('attempts')
      .select(sql<number>`extract(epoch FROM clock_timestamp() - started_at)::double precision`.as('seconds'))
      .where('job', '=', job)
      .where('number', '=', number)
      .executeTakeFirstOrThrow();
    return seconds;
  }

  /**
   * Takes what it has not got yet of events, of which the first one is the `from`th, counted from 0. Gives
   * how many it has then. Throws Problem 409 when there are some missing before these.
   */
  addEvents({ job, number }: AttemptKey, from: number, events: readonly unknown[]): Promise<number> {
    return this.#service.database.transaction(async () => {
      const row = this.#service.store
        .selectFrom('attempts')
        .where('job', '=', job)
        .where('number', '=', number);
      const { progress } = await row.select('progress').forUpdate().executeTakeFirstOrThrow();
      const seen = progress?.seen ?? 0;
      if (from > seen) throw new Problem(409, `${seen} events are here; send what follows those`);
      const folded = foldedWith(progress ?? undefined, events.slice(seen - from));
      await this.#service.store
        .updateTable('attempts')
        .set({ progress: JSON.stringify(folded) })
        .where('job', '=', job)
        .where('number', '=', number)
        .execute();
      return folded.seen;
    });
  }

  async #find({ job, number }: AttemptKey) {
    const attempt = await this.#service.store
      .selectFrom('attempts')
      .innerJoin('workers', 'workers.id', 'attempts.worker')
      .select(['outcome', 'token'])
      .where('job', '=', job)
      .where('number', '=', number)
      .executeTakeFirst();
    if (!attempt) throw new Problem(404, `there is no attempt ${number} at a job ${job}`);
    return attempt;
  }
}

function mustBeOf(
  holder: TokenHolder | undefined,
  { job, number }: AttemptKey,
  { token }: { readonly token: string },
): void {
  if (token === holder?.id) return;
  throw new Problem(403, `attempt ${number} at job ${job} is another worker's: send the token of that`);
}

function mustBeOpen(key: AttemptKey, { outcome }: { readonly outcome: Outcome | null }): void {
  if (outcome === 'lost' || outcome === 'done') throw attemptIsOver(key);
}

const attemptIsOver = ({ job, number }: AttemptKey): Problem =>
  new Problem(409, `attempt ${number} at job ${job} is over: lost, cancelled or settled`);
