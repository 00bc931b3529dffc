import type { Database } from '../databases/database.ts';
import type { Store } from '../store/kysely-of.ts';
import { FailedLogins } from './failed-logins.ts';
import { Sessions } from './sessions.ts';
import { Tokens } from './tokens.ts';
import { Users } from './users.ts';

/** Who there is, and who is logged in. */
export interface Accounts {
  readonly tokens: Tokens;
  readonly users: Users;
  readonly sessions: Sessions;
  readonly failedLogins: FailedLogins;
}

export const accountsIn = (store: Store, database: Database): Accounts => ({
  tokens: new Tokens(store),
  users: new Users(store),
  sessions: new Sessions(store),
  failedLogins: new FailedLogins(store, database),
});
