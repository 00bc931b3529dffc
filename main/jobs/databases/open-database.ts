import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import { acquireLock } from '../../store/lock.ts';
import type { Database } from './database.ts';
import { installPostgres, postgresCanBeInstalled, postgresPackage } from './install-postgres.ts';
import { openPglite } from './pglite-database.ts';
import { debianPlaces, postgresBinaries } from './postgres-binaries.ts';
import { PostgresDatabase } from './postgres-database.ts';
import { openPrivatePostgres } from './private-postgres.ts';

export interface DatabaseWishes {
  /** The server's data folder. */
  readonly folder: string;
  /** `DATABASE_URL`: a server that exists. */
  readonly url?: string | undefined;
  /** Of PostgreSQL, for a private one; `false` for none. What Debian's packages brought unless told. */
  readonly binaries?: string | false | undefined;
  /** Root gets the binaries by apt where they are missing; unless told, nobody installs anything. */
  readonly install?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where Debian has what it installs. */
  readonly places?: typeof debianPlaces | undefined;
  readonly tell: (line: string) => void;
}

/** What to do for a better database than a trial one. */
export const insteadOfTrial = `for one that outlives that, too: apt-get install ${postgresPackage}, and a new data folder (--data)`;

/**
 * The database that `url` names; else a private PostgreSQL where there are binaries of it, or where `install`
 * brings them; else PGlite. What the server has in its data folder once stays what it is. Throws when another
 * process uses the folder, when the database does not answer, and when an installation fails.
 */
export async function openDatabase(wishes: DatabaseWishes): Promise<Database> {
  const { folder, url, tell } = wishes;
  if (url)
    return await answering(new PostgresDatabase('PostgreSQL at DATABASE_URL', { connectionString: url }));
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  const lock = await acquireLock(folder);
  try {
    const [postgres, pglite] = [join(folder, 'postgres'), join(folder, 'pglite')];
    const from = await binariesFor(wishes);
    if (!from && existsSync(postgres)) throw withoutBinaries(postgres);
    const database = await (from ? openPrivatePostgres(postgres, from) : openPglite(pglite, tell));
    return releasing(database, lock);
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * The binaries for the PostgreSQL of a data folder, installed where that is wished; undefined where its
 * database is, or becomes, PGlite. Throws ShakedownError when they cannot be installed: a trial database is
 * nothing that one should find out about later.
 */
export async function binariesFor(wishes: DatabaseWishes): Promise<string | undefined> {
  const { folder, url, binaries, install = false, places = debianPlaces } = wishes;
  if (url || binaries === false || existsSync(join(folder, 'pglite'))) return undefined;
  const found = binaries ?? postgresBinaries(places.versions);
  if (found || !install || !postgresCanBeInstalled()) return found;
  const isNew = !existsSync(join(folder, 'postgres'));
  const otherwise = isNew ? 'with --no-install, for a trial database' : undefined;
  return installPostgres({ ...wishes, otherwise });
}

function withoutBinaries(folder: string): ShakedownError {
  const message = `the data in ${folder} are those of a PostgreSQL, and there is none on this machine`;
  return new ShakedownError({ message, hint: `apt-get install ${postgresPackage}` });
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
