import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { JobsApi } from '../../jobs/client/jobs-api.ts';
import { RecipesApi } from '../../jobs/client/recipes-api.ts';
import type { NewSchedule, ScheduleView } from '../../jobs/schedule-protocol.ts';
import { columns } from '../columns.ts';
import type { Command, CommandOptions } from '../command.ts';
import { serverAsked } from './server-asked.ts';
import { jobsAsked } from './submission-asked.ts';

const actions = ['list', 'add', 'remove', 'pause', 'resume', 'run'] as const;
type Action = (typeof actions)[number];

export const schedulesCommand: Command = async (
  [action = '', name = '', type = '', what = '', ...args],
  options,
  environment,
) => {
  const { stdout } = environment;
  if (!actions.includes(action as Action)) {
    throw new UsageError(`schedules ${action}: there is no such action.`, { hint: actions.join(', ') });
  }
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
    stdout.write(words(await api.putSchedule({ ...when, name, ...jobs })));
  } else if (action === 'run') stdout.write(`${await api.run(name)}\n`);
  else if (action === 'remove') await api.removeSchedule(name);
  else await api.act(name, action as 'pause' | 'resume');
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
    const at = paused ? 'paused' : (next[0] ?? 'never');
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

const words = ({ name, cron, zone, next }: ScheduleView): string =>
  [`${name}: ${cron} (${zone})`, ...next.map((time) => `  ${time}  ${inZone(time, zone)}`)]
    .map((line) => `${line}\n`)
    .join('');

/** As the clocks there show it. */
const inZone = (time: string, zone: string): string =>
  new Date(time).toLocaleString('sv-SE', { timeZone: zone, timeZoneName: 'short' });
