import {
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import { ShakedownError } from '../../../common/errors.ts';
import type { Ask, Database } from '../databases/database.ts';
import type { Tables } from './tables.ts';

export type Store = Kysely<Tables>;

/** Our tables in a database, within whatever transaction of that the caller stands in. */
export const kyselyOf = (database: Database): Store =>
  new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new AskingDriver(database.ask),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });

/** Transactions are the database's: only it knows who else takes part. */
class AskingDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(ask: Ask) {
    this.#connection = {
      async executeQuery<R>({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) {
        const { rows, affected } = await ask(sql, parameters);
        return { rows: rows as R[], numAffectedRows: BigInt(affected) } satisfies QueryResult<R>;
      },
      streamQuery: () => {
        throw new ShakedownError({ message: 'rows are not streamed' });
      },
    };
  }

  async init(): Promise<void> {}
  async destroy(): Promise<void> {}
  async releaseConnection(): Promise<void> {}
  acquireConnection = async (): Promise<DatabaseConnection> => this.#connection;
  beginTransaction = refuse;
  commitTransaction = refuse;
  rollbackTransaction = refuse;
}

async function refuse(): Promise<never> {
  throw new ShakedownError({ message: 'a transaction is begun by the database, not by Kysely' });
}
