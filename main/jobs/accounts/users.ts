import { randomUUID } from 'node:crypto';
import type { Store } from '../store/kysely-of.ts';
import type { Role } from '../store/tables.ts';
import { hashedPassword, isPassword } from './password.ts';

/** People who log in at the page by name and password. */
export class Users {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Gives the user's id; undefined when the name is taken. */
  async add(name: string, role: Role, password: string): Promise<string | undefined> {
    const id = randomUUID();
    const { numInsertedOrUpdatedRows } = await this.#store
      .insertInto('users')
      .values({ id, name, role, password: await hashedPassword(password) })
      .onConflict((on) => on.column('name').doNothing())
      .executeTakeFirst();
    return numInsertedOrUpdatedRows === 0n ? undefined : id;
  }

  /** The user's id when the password is right. An unknown name takes as long as a wrong password. */
  async check(name: string, password: string): Promise<string | undefined> {
    const user = await this.#store
      .selectFrom('users')
      .select(['id', 'password'])
      .where('name', '=', name)
      .executeTakeFirst();
    return (await isPassword(password, user?.password)) ? user?.id : undefined;
  }

  list() {
    return this.#store
      .selectFrom('users')
      .select(['id', 'name', 'role', 'created_at'])
      .orderBy('name')
      .execute();
  }

  /** Ends the user's sessions, too. By id or by name; false when there is none. */
  async remove(idOrName: string): Promise<boolean> {
    const { numDeletedRows } = await this.#store
      .deleteFrom('users')
      .where((where) => where.or([where('id', '=', idOrName), where('name', '=', idOrName)]))
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }
}
