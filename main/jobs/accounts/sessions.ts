import { sql } from 'kysely';
import type { Store } from '../store/kysely-of.ts';
import { now } from '../store/now.ts';
import { hashOf } from './secret-hash.ts';
import type { TokenHolder } from './tokens.ts';

/** Seconds for which one stays logged in. */
export const sessionSeconds = 7 * 86_400;

/**
 * Who is logged in at the page. A session's secret is 256 random bits in a cookie; its hash is kept. It has
 * the role that its user or token has at that moment, and ends with them.
 */
export class Sessions {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async begin(secret: string, whose: { readonly user: string } | { readonly token: string }): Promise<void> {
    await this.#store.deleteFrom('sessions').where('expires_at', '<', now).execute();
    await this.#store
      .insertInto('sessions')
      .values({
        hash: hashOf(secret),
        user_id: 'user' in whose ? whose.user : null,
        token_id: 'token' in whose ? whose.token : null,
        expires_at: sql<Date>`clock_timestamp() + ${sessionSeconds} * interval '1 second'`,
      })
      .execute();
  }

  /** Whose it is; undefined for one that is unknown, over, or of somebody who is gone. */
  find(secret: string): Promise<TokenHolder | undefined> {
    return this.#store
      .selectFrom('sessions')
      .leftJoin('users', 'users.id', 'sessions.user_id')
      .leftJoin('tokens', 'tokens.id', 'sessions.token_id')
      .select((of) => [
        of.fn.coalesce('users.id', 'tokens.id').$notNull().as('id'),
        of.fn.coalesce('users.name', 'tokens.name').$notNull().as('name'),
        of.fn.coalesce('users.role', 'tokens.role').$notNull().as('role'),
      ])
      .where('sessions.hash', '=', hashOf(secret))
      .where('sessions.expires_at', '>', now)
      .where((where) =>
        where.or([where('tokens.expires_at', 'is', null), where('tokens.expires_at', '>', now)]),
      )
      .executeTakeFirst();
  }

  async end(secret: string): Promise<void> {
    await this.#store.deleteFrom('sessions').where('hash', '=', hashOf(secret)).execute();
  }
}
