import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../../common/errors.ts';
import { readRun } from '../../record/list-runs.ts';
import { runIds, runsDirectory } from '../../store/run-folders.ts';
import { fileOfPart } from '../history/split-files.ts';
import type { CommandWords } from '../suite/command-words.ts';

const verdict = z.enum(['pass', 'fail', 'error', 'skip']);

const schema = z.object({
  id: z.string(),
  replayOf: z.string().exactOptional(),
  words: z.union([z.string(), z.array(z.string())]),
  schedule: z.object({ runners: z.int().min(1) }).exactOptional(),
  processes: z.array(
    z.object({
      ran: z.object({
        node: z.int().min(0),
        runner: z.string(),
        startedAt: z.number(),
        with: z.array(z.string()).min(1),
        process: z.int().min(0).exactOptional(),
      }),
      files: z.array(z.object({ file: z.string(), verdict })),
    }),
  ),
  files: z.array(z.object({ file: z.string(), tests: z.array(z.object({ name: z.string(), verdict })) })),
});

/** A distribution that is over, as its `distribute.json` has it. */
export type PastRun = z.infer<typeof schema>;

/** Files that ran together, of which one result was made. */
export type RanPart = PastRun['processes'][number];

/** What one runner ran, to be run again just so. */
export interface RecordedOrder {
  readonly run: string;
  /** The command of that run. */
  readonly words: CommandWords;
  readonly runner: string;
  readonly node: number;
  /** Runners that there were. */
  readonly runners: number;
  /** The files of each of its processes. */
  readonly batches: readonly (readonly string[])[];
}

/**
 * A distribution of a project by its run's id; `latest` is the newest that came to its end and was not run
 * again from another one. Throws UsageError.
 */
export async function readPastRun(directory: string, id: string): Promise<PastRun> {
  if (id !== 'latest') {
    const run = await readRun(directory, id);
    const past = readResult(run.directory, run.id);
    if (past) return past;
    throw new UsageError(
      `Run ${run.id} is no distribution that came to its end: it has no distribute.json.`,
      {
        hint: 'shakedown runs list',
      },
    );
  }
  for (const each of await runIds(directory)) {
    const past = readResult(join(runsDirectory(directory), each), each);
    if (past && past.replayOf === undefined) return past;
  }
  throw new UsageError(`No distribution has come to its end in ${directory} yet.`);
}

/** Undefined where there is none. Throws UsageError. */
function readResult(directory: string, id: string): PastRun | undefined {
  const file = join(directory, 'distribute.json');
  if (!existsSync(file)) return undefined;
  try {
    return withWholeFiles(schema.parse(JSON.parse(readFileSync(file, 'utf8'))));
  } catch (error) {
    throw new UsageError(`distribute.json of run ${id} cannot be read: is it of another version?`, {
      cause: error,
    });
  }
}

/** Of a file that was run in parts all of it is run again. */
function withWholeFiles(past: PastRun): PastRun {
  const files = new Set(past.files.map(({ file }) => file));
  const whole = (name: string) => (files.has(name) ? name : fileOfPart(name));
  const processes = past.processes.map(({ ran, files: found, ...more }) => ({
    ...more,
    ran: { ...ran, with: ran.with.map(whole) },
    files: found.map((one) => ({ ...one, file: whole(one.file) })),
  }));
  return { ...past, processes };
}

/** The runners that ran something, in their order. */
export function runnersOf({ processes }: PastRun): readonly string[] {
  const places = (runner: string) => runner.split('_').map(Number);
  return [...new Set(processes.map(({ ran }) => ran.runner))].sort((one, other) => {
    const [[node = 0, index = 0], [otherNode = 0, otherIndex = 0]] = [places(one), places(other)];
    return node - otherNode || index - otherIndex;
  });
}

/** A runner by its id (`1_0`), or by its number among those that ran something, from 0. Throws UsageError. */
export function findRunner(past: PastRun, wanted: string): string {
  const all = runnersOf(past);
  const found = all.includes(wanted) ? wanted : /^\d+$/.test(wanted) ? all[Number(wanted)] : undefined;
  if (found !== undefined) return found;
  const known = all.map((runner, index) => `${index} (${runner})`).join(', ');
  throw new UsageError(
    all.length === 0
      ? `In run ${past.id} no runner ran anything.`
      : `Run ${past.id} has no runner '${wanted}' that ran anything.`,
    all.length === 0 ? {} : { hint: `its runners: ${known}` },
  );
}

/** What a runner ran, in its order: the files of each process. One that stays ran them one by one. */
export function processesOf({ processes }: PastRun, runner: string): readonly (readonly RanPart[])[] {
  const own = processes
    .filter(({ ran }) => ran.runner === runner)
    .sort((one, other) => one.ran.startedAt - other.ran.startedAt);
  const groups: RanPart[][] = [];
  for (const part of own) {
    const last = groups.at(-1);
    const number = last?.[0]?.ran.process;
    if (last && number !== undefined && number === part.ran.process) last.push(part);
    else groups.push([part]);
  }
  return groups;
}

/** All that a runner ran. */
export function orderOf(past: PastRun, runner: string): RecordedOrder {
  const own = processesOf(past, runner);
  return {
    ...{ run: past.id, words: past.words, runner, node: own[0]?.[0]?.ran.node ?? 0 },
    runners: past.schedule?.runners ?? 1,
    batches: own.map((parts) => parts.flatMap(({ ran }) => ran.with)),
  };
}
