import { PgBoss } from 'pg-boss';
import type { Database } from '../databases/database.ts';
import { PgliteDatabase } from '../databases/pglite-database.ts';
import { bossFunctions, makeFunctions } from './boss-functions.ts';
import { claimFunction } from './claim-function.ts';
import { settleFunction } from './settle-function.ts';

/**
 * pg-boss on a database, inside of whatever transaction the caller stands in, and the functions that the
 * queue asks. It does no maintenance: its expiry is 24 hours at most and would end longer jobs, its heartbeat
 * belongs to a job and not to who claims it, and it deletes what waits for long. Leases are ours.
 */
export async function bossOf(database: Database, tell: (line: string) => void): Promise<PgBoss> {
  const executeSql = async (text: string, values?: unknown[]) => {
    const { rows } = await database.ask(database.inTransaction ? joining(text) : text, values);
    return { rows };
  };
  const boss = new PgBoss({
    db: { executeSql },
    backend: database instanceof PgliteDatabase ? 'pglite' : 'postgres',
    supervise: false,
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
  });
  boss.on('error', (error) => tell(`pg-boss: ${error.message}`));
  await boss.start();
  const functions = await bossFunctions(boss);
  await database.transaction(() => makeFunctions(database.ask, [functions, claimFunction, settleFunction]));
  return boss;
}

/** A transaction of pg-boss's own, as a part of the one that is open. */
const joining = (text: string): string => text.replace(/^\s*BEGIN;/, '').replace(/COMMIT;\s*$/, '');
