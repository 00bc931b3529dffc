import { randomBytes, randomUUID } from 'node:crypto';
import type { Store } from '../store/kysely-of.ts';
import { now } from '../store/now.ts';
import type { Role } from '../store/tables.ts';
import { hashOf } from './secret-hash.ts';

export interface TokenHolder {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

/**
 * Who may do what. A token is 256 random bits, told once; its SHA-256 is kept,
 * which gives nothing away of those.
 */
export class Tokens {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async make(name: string, role: Role, expires: Date | null = null): Promise<{ id: string; token: string }> {
    const [id, token] = [randomUUID(), `sd_${randomBytes(32).toString('base64url')}`];
    await this.#store
      .insertInto('tokens')
      .values({ id, name, role, hash: hashOf(token), expires_at: expires })
      .execute();
    return { id, token };
  }

  /** Whose it is; undefined for one that is unknown, revoked or expired. */
  find(token: string): Promise<TokenHolder | undefined> {
    return this.#store
      .selectFrom('tokens')
      .select(['id', 'name', 'role'])
      .where('hash', '=', hashOf(token))
      .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', now)]))
      .executeTakeFirst();
  }

  list() {
    return this.#store
      .selectFrom('tokens')
      .select(['id', 'name', 'role', 'created_at'])
      .orderBy('created_at')
      .execute();
  }

  /** False when there is none. */
  async revoke(id: string): Promise<boolean> {
    const { numDeletedRows } = await this.#store.deleteFrom('tokens').where('id', '=', id).executeTakeFirst();
    return numDeletedRows > 0n;
  }
}
