import pg, { type PoolClient, type PoolConfig } from 'pg';
import type { Answer, Ask, Database } from './database.ts';
import { OpenTransaction } from './open-transaction.ts';

/** int8 (pg_type(5)): a string unless told, and a number on PGlite. None of ours comes near 2^53. */
const bigInteger = 20;

/** A PostgreSQL that is reached over a socket, with a pool of connections. */
export class PostgresDatabase implements Database {
  readonly about: string;
  readonly #pool: pg.Pool;
  readonly #open = new OpenTransaction();

  constructor(about: string, config: PoolConfig) {
    this.about = about;
    const getTypeParser = (id: number, format?: 'text' | 'binary') =>
      id === bigInteger ? Number : pg.types.getTypeParser(id, format);
    this.#pool = new pg.Pool({
      max: 10,
      connectionTimeoutMillis: 30_000,
      ...config,
      types: { getTypeParser },
    });
    // A connection may break between two statements too, when no one listens: unheard, that would end the
    // process. Who asks next on it is told, and the pool makes another.
    this.#pool.on('error', ignore);
    this.#pool.on('connect', (client) => client.on('error', ignore));
  }

  readonly ask: Ask = async (text, values) => {
    const inside = this.#open.ask;
    if (inside) return await inside(text, values);
    // Several statements at once may begin a transaction, and fail in it.
    return values?.length ? await asking(this.#pool)(text, values) : await this.#several(text);
  };

  async #several(text: string): Promise<Answer> {
    const client = await this.#pool.connect();
    try {
      const answer = await asking(client)(text);
      client.release();
      return answer;
    } catch (error) {
      const failure = await client.query('ROLLBACK').then(
        () => undefined,
        (broken: Error) => broken,
      );
      client.release(failure);
      throw error;
    }
  }

  get inTransaction(): boolean {
    return this.#open.ask !== undefined;
  }

  async transaction<T>(act: () => Promise<T>): Promise<T> {
    if (this.#open.ask) return await act();
    const client = await this.#pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await this.#open.during(asking(client), act);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // A connection that cannot even roll back is not given to the next one.
      await client.query('ROLLBACK').catch((failure: Error) => {
        broken = failure;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }
}

const ignore = () => undefined;

function asking(client: pg.Pool | PoolClient): Ask {
  return async (text, values) => {
    const answers = [await client.query(text, values ? [...values] : undefined)].flat();
    return {
      rows: answers.flatMap(({ rows }) => rows),
      affected: answers.at(-1)?.rowCount ?? 0,
    } satisfies Answer;
  };
}
