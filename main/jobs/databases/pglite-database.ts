import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import { ShakedownError } from '../../../common/errors.ts';
import type { Ask, Database } from './database.ts';
import { OpenTransaction } from './open-transaction.ts';

/** ms between two dumps. */
const dumpEvery = 10 * 60_000;

/**
 * PostgreSQL inside of this process, for where there are no binaries of it. Its files are never flushed to
 * the disk (electric-sql/pglite#1107), therefore a flushed dump lies beside them, made every ten minutes and
 * at the end. Only one process may open a folder (#1106): the caller holds the lock on it. A folder that
 * cannot be opened any more is set aside and the dump is restored; `tell` hears of it.
 */
export async function openPglite(folder: string, tell: (line: string) => void): Promise<PgliteDatabase> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [data, dump] = [join(folder, 'data'), join(folder, 'dump.tar.gz')];
  if (!existsSync(data) && existsSync(dump)) return new PgliteDatabase(await restored(data, dump), dump);
  try {
    return new PgliteDatabase(await PGlite.create(data), dump);
  } catch (error) {
    if (!existsSync(dump)) throw cannotOpen(data, error);
    const aside = `${data}.broken-${Date.now()}`;
    renameSync(data, aside);
    const database = new PgliteDatabase(await restored(data, dump), dump);
    const since = statSync(dump).mtime.toISOString();
    tell(`the database could not be opened and is set aside as ${aside}; restored as it was at ${since}`);
    return database;
  }
}

const restored = (data: string, dump: string): Promise<PGlite> =>
  PGlite.create(data, { loadDataDir: new Blob([readFileSync(dump)], { type: 'application/gzip' }) });

function cannotOpen(data: string, cause: unknown): ShakedownError {
  const message = `the database in ${data} cannot be opened: ${(cause as Error).message}`;
  return new ShakedownError({ message, hint: 'move that folder away, or use another one' }, { cause });
}

export class PgliteDatabase implements Database {
  readonly about = 'trial database: outlives a killed process, not a power cut';
  readonly #pglite: PGlite;
  readonly #dumpFile: string;
  readonly #open = new OpenTransaction();
  readonly #timer: NodeJS.Timeout;

  constructor(pglite: PGlite, dumpFile: string) {
    this.#pglite = pglite;
    this.#dumpFile = dumpFile;
    // One that fails is tried again at the next turn, and the last one at the end is told.
    this.#timer = setInterval(() => void this.dump().catch(() => undefined), dumpEvery);
    this.#timer.unref();
  }

  readonly ask: Ask = async (text, values) => {
    const inside = this.#open.ask;
    if (inside) return await inside(text, values);
    try {
      return await asking(this.#pglite)(text, values);
    } catch (error) {
      // Several statements at once may have begun a transaction, in which the one connection would stay.
      if (!values?.length) await this.#pglite.exec('ROLLBACK');
      throw error;
    }
  };

  get inTransaction(): boolean {
    return this.#open.ask !== undefined;
  }

  async transaction<T>(act: () => Promise<T>): Promise<T> {
    if (this.#open.ask) return await act();
    return await this.#pglite.transaction((inside) => this.#open.during(asking(inside), act));
  }

  /** Writes all of it to the dump and flushes that to the disk; the dump before it stays until then. */
  async dump(): Promise<void> {
    const bytes = Buffer.from(await (await this.#pglite.dumpDataDir('gzip')).arrayBuffer());
    const aside = `${this.#dumpFile}.new`;
    const file = await open(aside, 'w', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    renameSync(aside, this.#dumpFile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    try {
      await this.dump();
    } finally {
      await this.#pglite.close();
    }
  }
}

function asking(pglite: PGlite | Transaction): Ask {
  return async (text, values) => {
    // Several statements at once go without values only.
    const answers = values?.length ? [await pglite.query(text, [...values])] : await pglite.exec(text);
    // It answers within the same turn of the event loop: many statements in a row would keep timers waiting.
    await setImmediate();
    return { rows: answers.flatMap(({ rows }) => rows), affected: answers.at(-1)?.affectedRows ?? 0 };
  };
}
