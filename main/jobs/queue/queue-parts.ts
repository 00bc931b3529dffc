import type { PgBoss } from 'pg-boss';
import type { Database } from '../databases/database.ts';
import type { Store } from '../store/kysely-of.ts';
import type { Groups } from './groups.ts';

/** What all that is done with the queue is done by. */
export interface QueueParts {
  readonly database: Database;
  readonly store: Store;
  readonly boss: PgBoss;
  readonly groups: Groups;
}
