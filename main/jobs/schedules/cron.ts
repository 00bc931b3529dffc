import { Cron } from 'croner';
import { UsageError } from '../../../common/errors.ts';
import { closest } from '../../../common/text/closest.ts';

/** The fields of crontab(5), and what may stand in each. */
const fields = [
  { name: 'minute', values: '0 to 59' },
  { name: 'hour', values: '0 to 23' },
  { name: 'day of the month', values: '1 to 31' },
  { name: 'month', values: '1 to 12, or JAN to DEC' },
  { name: 'day of the week', values: '0 to 7, or SUN to SAT' },
];
const nicknames = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@hourly'];

/** When something is to happen, over and over. */
export interface Times {
  /** The first one after a time, in time order; none when it never happens again. */
  next(after: Date): Date | undefined;
  /** The last one up to a time, that one included; none when there was none. */
  last(upTo: Date): Date | undefined;
}

/**
 * Reads a cron expression, as crontab(5) has them and croner extends them (`L`, `5#2`, `@daily`), in a time
 * zone of the IANA database. What falls into the hour that a change of the clocks leaves out happens right
 * after it; what falls into the hour that comes twice happens once, but for what is to happen all day long,
 * such as each half hour. Throws UsageError that tells the field.
 */
export function readCron(expression: string, zone: string): Times {
  checkZone(zone);
  const words = expression.trim().split(/\s+/);
  if (!nicknames.includes(expression.trim().toLowerCase())) checkFields(expression, words);
  const cron = new Cron(words.join(' '), { timezone: zone, paused: true, mode: '5-part' });
  const times = {
    next: (after: Date) => cron.nextRun(after) ?? undefined,
    // It looks for those before, and counts the very second with them only when there is more of it.
    last: (upTo: Date) => cron.previousRuns(1, new Date(upTo.getTime() + 1))[0],
  };
  if (times.next(new Date()) === undefined) {
    throw new UsageError(`The cron expression '${expression}' never comes true.`);
  }
  return times;
}

/** The next times, the nearest first. */
export function nextTimes(times: Times, after: Date, count: number): readonly Date[] {
  const found: Date[] = [];
  for (let last: Date | undefined = after; found.length < count; found.push(last)) {
    last = times.next(last);
    if (!last) break;
  }
  return found;
}

function checkFields(expression: string, words: readonly string[]): void {
  if (words.length !== fields.length) {
    const message = `The cron expression '${expression}' has ${words[0] === '' ? 0 : words.length} fields, not five.`;
    const names = fields.map(({ name }) => name).join(', ');
    throw new UsageError(message, { hint: `${names}: '30 2 * * MON-FRI'; or ${nicknames.join(', ')}` });
  }
  for (const [index, word] of words.entries()) {
    const alone = fields.map((_, at) => (at === index ? word : '*')).join(' ');
    const { name, values } = fields[index] ?? { name: '', values: '' };
    try {
      new Cron(alone, { paused: true, mode: '5-part' });
    } catch {
      const where = `field ${index + 1} (${name})`;
      throw new UsageError(`The cron expression '${expression}' is wrong in ${where}: '${word}'.`, {
        hint: `${values}; *, lists (1,15), ranges (1-5) and steps (*/10)`,
      });
    }
  }
}

function checkZone(zone: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
  } catch {
    const near = closest(zone, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
    const hint = near === undefined ? 'UTC, or one such as Europe/Berlin' : `did you mean ${near}?`;
    throw new UsageError(`There is no time zone '${zone}'.`, { hint });
  }
}
