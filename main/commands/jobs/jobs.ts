import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ShakedownError, UsageError } from '../../../common/errors.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { JobsApi } from '../../jobs/client/jobs-api.ts';
import { cellWords } from '../../jobs/job-matrix.ts';
import type { JobView, WholeJobView } from '../../jobs/protocol.ts';
import { count, duration } from '../../report/words.ts';
import { columns } from '../columns.ts';
import type { Command, CommandEnvironment, CommandOptions } from '../command.ts';
import { checkAction } from './check-action.ts';
import { followLog } from './follow-job.ts';
import { patientApi } from './patient-api.ts';
import { progressLines } from './progress-lines.ts';
import { refuseUnknown } from './refuse-unknown.ts';
import { serverAsked } from './server-asked.ts';

type Action = (
  api: JobsApi,
  id: string,
  options: CommandOptions,
  environment: CommandEnvironment,
) => Promise<void>;

export const jobsCommand: Command = async (args, options, environment) => {
  const name = checkAction('jobs', args, words);
  const [, id = ''] = args;
  if (name !== 'list' && id === '')
    throw new UsageError(`jobs ${name}: which job?`, { hint: 'shakedown jobs list' });
  await actions[name](new JobsApi(serverAsked(options, environment)), id, options, environment);
  return 0;
};

const words = { list: 0, show: 1, logs: 1, cancel: 1, retry: 1, pin: 1, unpin: 1, artifacts: 1 };

/** What `list` may be asked for, as the server calls it. */
const filters = ['state', 'type', 'matrix', 'label', 'submitter', 'pinned'];

const actions: Readonly<Record<keyof typeof words, Action>> = {
  async list(api, _id, options, environment) {
    const { stdout } = environment;
    const wanted = filters.filter((key) => options[key] !== undefined);
    const twice = wanted.find((key) => Array.isArray(options[key]));
    if (twice) throw new UsageError(`jobs list: --${twice} is given twice.`, { hint: 'one at a time' });
    const jobs = await api.jobs(Object.fromEntries(wanted.map((key) => [key, String(options[key])])));
    if (jobs.length === 0) await refuseUnknown(api, options, environment);
    if (options.json) stdout.write(json(jobs));
    else stdout.write(columns([['ID', 'TYPE', 'NAME', 'STATE', 'WHY'], ...jobs.map(row)]));
  },
  async show(api, id, options, { stdout }) {
    const job = await api.job(id);
    stdout.write(options.json ? json(job) : lines(job));
  },
  async logs(api, id, options, environment) {
    const { stdout, signal } = environment;
    const follow = options.follow === true;
    // A server that is away from the start is told at once.
    if (follow) await api.job(id);
    const asked = follow ? patientApi(options, environment) : api;
    await followLog(asked, id, stdout, { follow, signal });
  },
  cancel: (api, id) => api.act(id, 'cancel'),
  retry: (api, id, { failed }) => api.act(id, 'retry', { failed: failed === true }),
  pin: (api, id) => api.pin(id, true),
  unpin: (api, id) => api.pin(id, false),
  async artifacts(api, id, options, { stdout, cwd }) {
    const found = await api.artifacts(id);
    if (options.json) stdout.write(json(found));
    else if (options.out === undefined) {
      const rows = found.map(({ attempt, path, size }) => [
        String(attempt),
        String(size),
        printableLine(path),
      ]);
      stdout.write(columns([['ATTEMPT', 'BYTES', 'PATH'], ...rows]));
    } else {
      const out = resolve(cwd, String(options.out));
      makeFolder(out, String(options.out));
      for (const each of found) {
        const file = join(out, String(each.attempt), each.path);
        // The server is not trusted with our disk.
        if (!file.startsWith(`${out}/`))
          throw new ShakedownError({ message: `an artifact is called ${each.path}` });
        mkdirSync(dirname(file), { recursive: true });
        await pipeline(await api.artifact(id, each), createWriteStream(file));
      }
      stdout.write(`${out}: ${count(found.length, 'file')}\n`);
    }
  },
};

/** Throws UsageError where a file is in its place, or on the way to it. */
function makeFolder(path: string, given: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw error;
    throw new UsageError(`--out ${given}: there is a file in its place.`, { hint: 'name a folder' });
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const row = ({ id, type, name, state, verdict, waiting, note }: JobView): readonly string[] =>
  [id, type, name, verdict ?? state, waiting ?? note ?? ''].map((cell) => printableLine(cell));

/** `: exit code 0, 526 ms`; empty for none. */
function resultWords(result: unknown): string {
  if (result === null || result === undefined) return '';
  if (typeof result !== 'object') return `: ${result}`;
  const { exitCode, seconds, ...more } = result as Readonly<Record<string, unknown>>;
  const words = [
    ...(exitCode === undefined ? [] : [exitCode === null ? 'no exit code' : `exit code ${exitCode}`]),
    ...(typeof seconds === 'number' ? [duration(seconds * 1000)] : []),
    ...Object.entries(more).map(
      ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
  ];
  return words.length === 0 ? '' : `: ${words.join(', ')}`;
}

function lines(job: WholeJobView): string {
  const all = [
    `${job.type} ${job.name}: ${job.verdict ?? job.state}`,
    ...(job.waiting === undefined ? [] : [`waits: ${job.waiting}`]),
    ...(job.note === null ? [] : [`${job.state}: ${job.note}`]),
    `submitted by ${job.submitter} at ${job.createdAt}`,
    ...(job.matrix === null ? [] : [`in the matrix ${job.matrix}: ${cellWords(job.cell ?? {})}`]),
    ...job.after.map(({ id, name, state, verdict }) => `after ${id} ${name}: ${verdict ?? state}`),
    ...(job.pinned ? ['pinned: kept, however old it gets'] : []),
    ...(job.timeLimit === null ? [] : [`may take ${job.timeLimit} s`]),
    ...job.attempts.map(({ number, worker, startedAt, endedAt, outcome, result }) => {
      const came = outcome === null ? 'under way' : `${outcome} at ${endedAt}${resultWords(result)}`;
      return `attempt ${number} on ${worker} from ${startedAt}, ${came}`;
    }),
    ...progressLines(job),
  ];
  return all.map((line) => `${printableLine(line)}\n`).join('');
}
