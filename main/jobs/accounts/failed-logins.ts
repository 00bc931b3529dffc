import { sql } from 'kysely';
import type { Store } from '../store/kysely-of.ts';

/** Minutes for which a failed login counts. */
const counts = 15;
/** How many there may be of one name, and from one address: behind a proxy that is many people's. */
const most = { name: 10, address: 100 };

const since = sql<Date>`clock_timestamp() - ${counts} * interval '1 minute'`;

/** Slows down whoever guesses passwords, on all servers of one database. */
export class FailedLogins {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** A sentence when there were too many. */
  async tooMany(name: string, address: string): Promise<string | undefined> {
    const [byName, byAddress] = [await this.#count(`name ${name}`), await this.#count(`address ${address}`)];
    if (byName < most.name && byAddress < most.address) return undefined;
    return `too many logins failed: try again in ${counts} minutes, or log in by a token`;
  }

  async failed(name: string, address: string): Promise<void> {
    await this.#store.deleteFrom('failed_logins').where('at', '<', since).execute();
    const who = [`name ${name}`, `address ${address}`];
    await this.#store
      .insertInto('failed_logins')
      .values(who.map((each) => ({ who: each.slice(0, 300) })))
      .execute();
  }

  async #count(who: string): Promise<number> {
    const { n } = await this.#store
      .selectFrom('failed_logins')
      .select((of) => of.fn.countAll<string | number>().as('n'))
      .where('who', '=', who.slice(0, 300))
      .where('at', '>', since)
      .executeTakeFirstOrThrow();
    return Number(n);
  }
}
