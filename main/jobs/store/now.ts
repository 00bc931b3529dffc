import { sql } from 'kysely';

/** By the database's clock, which all servers share. */
export const now = sql<Date>`clock_timestamp()`;
