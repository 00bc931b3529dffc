import { nextTimes, type Times } from './cron.ts';

/** What becomes of a time at which nothing was begun: no server ran, or the job before was not over. */
export type Missed = 'skip' | 'once' | 'all';

export interface DueSchedule {
  readonly times: Times;
  readonly missed: Missed;
  /** Whether a job is begun while the one before is not over. */
  readonly overlap: boolean;
  /** The first time that nothing was done about yet. */
  readonly nextAt: Date;
  /** Whether the job that it began last is not over. */
  readonly isBusy: boolean;
}

export interface Decision {
  /** For which times a job is begun now. */
  readonly begin: readonly Date[];
  readonly nextAt: Date | undefined;
  /** What is told of it, when not all went as the expression says. */
  readonly note?: string;
}

/** ms after its time that something is no more begun for it, unless what was missed is made up for. */
const lateness = 60_000;
/** Jobs that one look begins; the next one goes on. */
const atOnce = 100;

/** What to do about a schedule whose next time has come. */
export function decide({ times, missed, overlap, nextAt, isBusy }: DueSchedule, now: Date): Decision {
  const isHeldUp = isBusy && !overlap;
  if (isHeldUp && missed !== 'skip') {
    return { begin: [], nextAt, note: `${nextAt.toISOString()}: waits for the job before` };
  }
  if (missed === 'all') {
    const due = [nextAt, ...nextTimes(times, nextAt, overlap ? atOnce - 1 : 0)].filter((time) => time <= now);
    return { begin: due, nextAt: times.next(due.at(-1) ?? nextAt) };
  }
  const following = times.next(now);
  const last = times.last(now) ?? nextAt;
  if (missed === 'once') return { begin: [last], nextAt: following };
  const isLate = now.getTime() - last.getTime() > lateness;
  if (!isLate && !isHeldUp) return { begin: [last], nextAt: following };
  const why = isHeldUp ? 'the job before was not over' : 'no server ran';
  return { begin: [], nextAt: following, note: `${last.toISOString()} was left out: ${why}` };
}
