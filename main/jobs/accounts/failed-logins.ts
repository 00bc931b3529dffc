import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../databases/database.ts';
import type { Store } from '../store/kysely-of.ts';

/** Minutes for which a failed login counts. */
const counts = 15;
/** How many there may be of one name, and from one address: behind a proxy that is many people's. */
const most = { name: 10, address: 100 };
type Kind = keyof typeof most;
const kinds: readonly Kind[] = ['name', 'address'];

/** Numbers of pg_advisory_xact_lock's first key: nothing else of ours locks by these. */
const locks: Readonly<Record<Kind, number>> = { name: 7_233_015, address: 7_233_016 };

const since = sql<Date>`clock_timestamp() - ${counts} * interval '1 minute'`;

/** Slows down whoever guesses passwords, on all servers of one database. */
export class FailedLogins {
  readonly #store: Store;
  readonly #database: Database;

  constructor(store: Store, database: Database) {
    this.#store = store;
    this.#database = database;
  }

  /**
   * Counts a try as failed before its password is looked at, so that of many at the same moment no more pass
   * than may; gives what takes it back once it has succeeded. Gives a sentence when there were too many.
   */
  async begin(name: string, address: string): Promise<{ takeBack(): Promise<void> } | string> {
    const attempt = randomUUID();
    const who = { name: `name ${name}`.slice(0, 300), address: `address ${address}`.slice(0, 300) };
    const isAllowed = await this.#database.transaction(async () => {
      // One after the other, in the same order by all.
      for (const kind of kinds) {
        await sql`SELECT pg_advisory_xact_lock(${locks[kind]}::int, hashtext(${who[kind]}))`.execute(
          this.#store,
        );
        if ((await this.#count(who[kind])) >= most[kind]) return false;
      }
      const rows = kinds.map((kind) => ({ who: who[kind], attempt }));
      await this.#store.insertInto('failed_logins').values(rows).execute();
      return true;
    });
    if (!isAllowed) {
      return `too many logins failed: try again in ${counts} minutes, or log in by a token`;
    }
    await this.#store.deleteFrom('failed_logins').where('at', '<', since).execute();
    const takeBack = async () => {
      await this.#store.deleteFrom('failed_logins').where('attempt', '=', attempt).execute();
    };
    return { takeBack };
  }

  async #count(who: string): Promise<number> {
    const { n } = await this.#store
      .selectFrom('failed_logins')
      .select((of) => of.fn.countAll<string | number>().as('n'))
      .where('who', '=', who)
      .where('at', '>', since)
      .executeTakeFirstOrThrow();
    return Number(n);
  }
}
