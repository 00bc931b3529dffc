import { ShakedownError } from '../../../common/errors.ts';
import type { Database } from '../databases/database.ts';
import { migrations } from './migrations.ts';

/** Any number, the same for every server of one database: who holds it alone changes the tables. */
const lockNumber = 7_233_011;

/**
 * Brings our tables to the newest version, whichever they have; servers that start at once do it one after
 * the other. Throws when the database was made by a newer program.
 */
export async function migrate(database: Database, wanted = migrations): Promise<void> {
  await database.transaction(async () => {
    await database.ask('SELECT pg_advisory_xact_lock($1::bigint)', [lockNumber]);
    await database.ask('CREATE TABLE IF NOT EXISTS shakedown_version (version integer NOT NULL)');
    const { rows } = await database.ask('SELECT version FROM shakedown_version');
    const version: number = rows[0]?.version ?? 0;
    if (version > wanted.length) {
      const message = `the database has version ${version}, and this program knows ${wanted.length}`;
      throw new ShakedownError({ message, hint: 'use the shakedown that made it, or a newer one' });
    }
    for (const statements of wanted.slice(version)) await database.ask(statements);
    await database.ask('DELETE FROM shakedown_version');
    await database.ask('INSERT INTO shakedown_version VALUES ($1)', [wanted.length]);
  });
}
