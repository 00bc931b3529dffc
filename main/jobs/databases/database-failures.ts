import { isDiskFull } from '../../../common/system-errors.ts';

/**
 * SQLSTATEs (appendix A of PostgreSQL's manual) of one that is ending, starting, or takes no further
 * connection; those of class 08 are of a connection that broke.
 */
const awayStates = ['57P01', '57P02', '57P03', '53300'];

/** What the operating system says when nobody listens, or a connection breaks. */
const awayCodes = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND'];

/** What pg says by itself, without a code. */
const awayWords = /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered)/;

/** Whether the database cannot be asked at the moment, and what was asked may be asked again. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '', syscall } = error as NodeJS.ErrnoException;
  if (awayWords.test(error.message) || awayStates.includes(code) || /^08\w{3}$/.test(code)) return true;
  return (
    awayCodes.includes(code) && (syscall === undefined || /^(connect|read|write|getaddrinfo)$/.test(syscall))
  );
}

/** Whether there was no room left: for the database (53100, disk_full), or for a file of the server's. */
export const isOutOfRoom = (error: unknown): boolean =>
  isDiskFull(error) || (error as { code?: unknown } | null)?.code === '53100';
