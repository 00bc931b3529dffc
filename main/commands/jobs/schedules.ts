import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { JobsApi } from '../../jobs/client/jobs-api.ts';
import { RecipesApi } from '../../jobs/client/recipes-api.ts';
import type { NewSchedule, ScheduleView } from '../../jobs/schedule-protocol.ts';
import { columns } from '../columns.ts';
import type { Command, CommandOptions } from '../command.ts';
import { checkAction } from './check-action.ts';
import { serverAsked } from './server-asked.ts';
import { jobsAsked } from './submission-asked.ts';

const words = { list: 0, add: Number.POSITIVE_INFINITY, remove: 1, pause: 1, resume: 1, run: 1 };

export const schedulesCommand: Command = async (given, options, environment) => {
  const { stdout } = environment;
  const action = checkAction('schedules', given, words);
  const [, name = '', type = '', what = '', ...args] = given;
  const asked = serverAsked(options, environment);
  const api = new RecipesApi(asked);
  if (action !== 'list' && name === '') {
    throw new UsageError(`schedules ${action}: which?`, { hint: 'shakedown schedules list' });
  }
  if (action === 'list') {
    const found = await api.schedules();
    stdout.write(options.json ? `${JSON.stringify(found, undefined, 2)}\n` : table(found));
  } else if (action === 'add') {
    const when = timing(options);
    const jobs = await jobsAsked(new JobsApi(asked), { type, what, args }, options, environment);
    stdout.write(added(await api.putSchedule({ ...when, name, ...jobs })));
  } else if (action === 'run') stdout.write(`${await api.run(name)}\n`);
  else if (action === 'remove') await api.removeSchedule(name);
  else await api.act(name, action);
  return 0;
};

function timing(options: CommandOptions): Omit<NewSchedule, 'name' | 'submission'> {
  const { cron, zone, missed, overlap } = options;
  if (cron === undefined)
    throw new UsageError('When?', { hint: "--cron '30 2 * * MON-FRI' --zone Europe/Berlin" });
  if (missed !== undefined && !['skip', 'once', 'all'].includes(String(missed))) {
    throw new UsageError(`--missed ${missed}: skip, once or all.`);
  }
  return present({
    cron: String(cron),
    zone: zone === undefined ? undefined : String(zone),
    missed: missed as NewSchedule['missed'],
    overlap: overlap === true ? true : undefined,
  });
}

function table(schedules: readonly ScheduleView[]): string {
  const rows = schedules.map((schedule) => {
    const { name, cron, zone, paused, next, note } = schedule;
    const at = paused ? 'paused' : next[0] === undefined ? 'never' : inZone(next[0], zone);
    return [name, cron, zone, at, whatOf(schedule), note ?? ''].map((cell) => printableLine(cell));
  });
  return columns([['NAME', 'CRON', 'ZONE', 'NEXT', 'WHAT', 'NOTE'], ...rows]);
}

/** `run tests/one`, `4 × build app unit`. */
function whatOf({ submission, jobs = [] }: ScheduleView): string {
  const [{ type, name, recipe, task }, times] = submission
    ? [submission, '']
    : [{ ...(jobs[0] ?? { type: '' }), name: undefined }, `${jobs.length} × `];
  return times + [type, name ?? recipe, name ? undefined : task].filter(Boolean).join(' ');
}

const added = ({ name, cron, zone, next }: ScheduleView): string =>
  [
    `${name}: ${cron} (${zone})`,
    ...next.map((time) => `  ${inZone(time, zone)}${zone === 'UTC' ? '' : `  (${inZone(time, 'UTC')})`}`),
  ]
    .map((line) => `${line}\n`)
    .join('');

/** As the clocks there show it: `2026-11-30 02:30 CET`. A schedule knows no seconds. */
const inZone = (time: string, zone: string): string =>
  new Date(time).toLocaleString('sv-SE', {
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' },
    ...{ timeZone: zone, timeZoneName: 'short' },
  });
