import { PgBoss } from 'pg-boss';
import type { Database } from '../databases/database.ts';
import { PgliteDatabase } from '../databases/pglite-database.ts';

/** The one queue: what a job needs is its group. */
export const queueName = 'jobs';

/** Some 60 years: what an int4 of seconds takes. */
const asGoodAsForever = 60 * 365 * 86_400;

/**
 * pg-boss on a database, inside of whatever transaction the caller stands in. It does no maintenance: its
 * expiry is 24 hours at most and would end longer jobs, its heartbeat belongs to a job and not to who claims
 * it, and it deletes what waits for long. Leases are ours.
 */
export async function bossOf(database: Database, tell: (line: string) => void): Promise<PgBoss> {
  const boss = new PgBoss({
    db: { executeSql: async (text, values) => ({ rows: (await database.ask(text, values)).rows }) },
    backend: database instanceof PgliteDatabase ? 'pglite' : 'postgres',
    supervise: false,
    schedule: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
  });
  boss.on('error', (error) => tell(`pg-boss: ${error.message}`));
  await boss.start();
  const options = { retentionSeconds: asGoodAsForever, deleteAfterSeconds: 0, retryDelay: 0 };
  await boss.createQueue(queueName, options);
  // One that was made earlier, with other options, keeps those unless it is told.
  await boss.updateQueue(queueName, options);
  return boss;
}
