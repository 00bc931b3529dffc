import { openDatabase } from '../../../main/jobs/databases/open-database.ts';

/**
 * A program to be killed: opens the database of a folder, and prints each number that it has written to it.
 */
const [folder = '', kind] = process.argv.slice(2);
const wishes = kind === 'pglite' ? { binaries: false as const } : {};
const database = await openDatabase({ folder, tell: () => undefined, ...wishes });
await database.ask('CREATE TABLE IF NOT EXISTS numbers (n integer PRIMARY KEY)');
for (let n = 0; ; n++) {
  await database.ask('INSERT INTO numbers VALUES ($1)', [n]);
  process.stdout.write(`${n}\n`);
}
