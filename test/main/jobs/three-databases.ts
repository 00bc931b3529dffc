import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Database } from '../../../main/jobs/databases/database.ts';
import { openDatabase } from '../../../main/jobs/databases/open-database.ts';
import { postgresBinaries } from '../../../main/jobs/databases/postgres-binaries.ts';

/** A folder that the account of the database may enter; gone when the file's tests are over. */
export function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'j'));
  chmodSync(folder, 0o711);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Each kind of database, opened in a folder or at a URL. */
export const kinds = ['private', 'pglite', 'url'] as const;
export type Kind = (typeof kinds)[number];

/** Opens one of a kind for all tests of a suite, and closes it after them. */
export function databaseFor(kind: Kind): () => Database {
  const folder = dataFolder();
  const opened: Database[] = [];
  beforeAll(async () => {
    const wishes = { folder, tell: () => undefined };
    if (kind === 'pglite') {
      opened.push(await openDatabase({ ...wishes, binaries: false }));
      return;
    }
    if (postgresBinaries() === undefined) throw new Error('PostgreSQL is missing: scripts/ensure.mjs test');
    opened.push(await openDatabase(wishes));
    const socket = encodeURIComponent(join(folder, 'postgres/socket'));
    const url = `postgres://shakedown@${socket}/postgres`;
    if (kind === 'url') opened.push(await openDatabase({ ...wishes, url }));
  });
  afterAll(async () => {
    for (const database of opened.reverse()) await database[Symbol.asyncDispose]();
  });
  return () => {
    const database = opened.at(-1);
    if (!database) throw new Error('it is not open');
    return database;
  };
}
