import type { ColumnType } from 'kysely';

/**
 * JSON comes back parsed and goes in as text, so that both drivers take lists
 * for JSON and not for arrays of SQL.
 */
export type Json<T> = ColumnType<T, string, string>;
/** Times are those of the database: the clocks of servers and workers are not asked. */
export type Time = ColumnType<Date, Date | undefined, Date>;
