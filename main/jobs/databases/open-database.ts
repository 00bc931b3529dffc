import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import { acquireLock } from '../../store/lock.ts';
import type { Database } from './database.ts';
import { openPglite } from './pglite-database.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import { PostgresDatabase } from './postgres-database.ts';
import { openPrivatePostgres } from './private-postgres.ts';

export interface DatabaseWishes {
  /** The server's data folder. */
  readonly folder: string;
  /** `DATABASE_URL`: a server that exists. */
  readonly url?: string | undefined;
  /** Of PostgreSQL, for a private one; `false` for none. What Debian's packages brought unless told. */
  readonly binaries?: string | false | undefined;
  readonly tell: (line: string) => void;
}

/**
 * The database that `url` names; else a private PostgreSQL where there are binaries of it; else PGlite.
 * What the server has in its data folder once stays what it is. Throws when another process uses the
 * folder, and when the database does not answer.
 */
export async function openDatabase({ folder, url, binaries, tell }: DatabaseWishes): Promise<Database> {
  if (url)
    return await answering(new PostgresDatabase('PostgreSQL at DATABASE_URL', { connectionString: url }));
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const lock = await acquireLock(folder);
  try {
    const [postgres, pglite] = [join(folder, 'postgres'), join(folder, 'pglite')];
    const from = existsSync(pglite) || binaries === false ? undefined : (binaries ?? postgresBinaries());
    if (!from && existsSync(postgres)) throw withoutBinaries(postgres);
    const database = await (from ? openPrivatePostgres(postgres, from) : openPglite(pglite, tell));
    return releasing(database, lock);
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

function withoutBinaries(folder: string): ShakedownError {
  const message = `the data in ${folder} are those of a PostgreSQL, and there is none on this machine`;
  return new ShakedownError({ message, hint: 'apt-get install postgresql' });
}

function releasing(database: Database, lock: AsyncDisposable): Database {
  const close = database[Symbol.asyncDispose].bind(database);
  return Object.assign(database, {
    async [Symbol.asyncDispose]() {
      await close();
      await lock[Symbol.asyncDispose]();
    },
  });
}

async function answering(database: Database): Promise<Database> {
  try {
    await database.ask('SELECT 1');
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    const message = `the database at DATABASE_URL does not answer: ${(error as Error).message}`;
    throw new ShakedownError({ message, hint: 'look whether it runs, and at the address in DATABASE_URL' });
  }
}
