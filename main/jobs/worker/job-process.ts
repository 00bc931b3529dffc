import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { JobPlace } from './job-place.ts';

/**
 * Seconds that a job has to take its machines away in: after it is asked to
 * end, and after it is told to hurry.
 */
const grace = { end: 60, hurry: 60 };

/** ms after which a job that was asked to end is killed. */
export const timeToEnd = (grace.end + grace.hurry) * 1000;

/** util-linux's, which has a process ended when its parent dies (prctl(2), PR_SET_PDEATHSIG). */
const setpriv = '/usr/bin/setpriv';

/** For sh: joins the control group whose door is `$0`, and becomes the command that its arguments are. */
const joining = '{ echo 0 >"$0"; } 2>/dev/null; exec "$@"';

export interface JobProcess {
  readonly command: readonly [program: string, ...words: string[]];
  readonly cwd: string;
  /** Beside this process's own. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Whose control group it joins; what is left in that is killed when the command has ended. */
  readonly place?: JobPlace | undefined;
  /** Whether what it left running in its process group is killed when it has ended. */
  readonly endsAll?: boolean | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly output: (piece: Buffer) => Promise<void>;
}

/**
 * Runs a command in a process group of its own, so that a job that crashes takes nothing along, and in the
 * control group of its job. When `signal` is aborted, or this process dies, it is asked to end as by Ctrl-C:
 * this very program takes its machines away then. Gives its exit code, once nothing is left of its control
 * group; null when it was killed. It does not see the worker's token.
 */
export async function runJobProcess(job: JobProcess): Promise<number | null> {
  const { cwd, signal, output, place } = job;
  const group = place?.group();
  const command = group ? ['/bin/sh', '-c', joining, group.door, ...job.command] : job.command;
  const guarded = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'TERM', '--', ...command] : command;
  const [program = '', ...words] = guarded;
  const { SHAKEDOWN_TOKEN: _, ...env } = { ...process.env, ...job.env };
  const child = spawn(program, words, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  if (child.pid !== undefined) place?.began(child.pid);
  if (job.endsAll) child.once('exit', () => endGroup(child));
  const isEmpty = new Promise<unknown>((resolve) => {
    child.once('exit', () => resolve(place?.endProcesses()));
    child.once('error', resolve);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const reading = Promise.all(
    [child.stdout, child.stderr].map(async (stream) => {
      for await (const piece of stream) await output(piece);
    }),
    // Heard at once: unheard, it would end the worker while the command goes on.
  ).catch(() => undefined);
  const over = new AbortController();
  const ending = end(child.pid, signal, over.signal);
  try {
    return await ended;
  } finally {
    over.abort();
    await Promise.all([ending, reading, isEmpty]);
  }
}

async function end(pid: number | undefined, signal: AbortSignal, over: AbortSignal): Promise<void> {
  if (pid === undefined) return;
  await new Promise<void>((resolve) => {
    for (const each of [signal, over]) {
      if (each.aborted) resolve();
      else each.addEventListener('abort', () => resolve(), { once: true });
    }
  });
  const wait = (seconds: number) => sleep(seconds * 1000, undefined, { signal: over }).catch(() => undefined);
  if (over.aborted) return;
  process.kill(pid, 'SIGTERM');
  await wait(grace.end);
  if (over.aborted) return;
  process.kill(pid, 'SIGTERM');
  await wait(grace.hurry);
  // It leads a process group of its own; what is in its control group alone is killed when it has ended.
  if (!over.aborted) process.kill(-pid, 'SIGKILL');
}

/** Ms that what escaped from the group may hold on to the output of a command that has ended. */
const holdOn = 5000;

function endGroup({ pid, stdout, stderr }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // There is nothing left in it.
  }
  setTimeout(() => {
    stdout?.destroy();
    stderr?.destroy();
  }, holdOn).unref();
}

/** This very program with arguments. */
export const ownCommand = (args: readonly string[]): readonly [string, ...string[]] => [
  process.execPath,
  ownProgram(),
  ...args,
];

/** From the sources and from `dist` alike. */
function ownProgram(): string {
  const places = ['../../../bin/shakedown.mjs', '../../../../bin/shakedown.mjs'];
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return files.find((file) => existsSync(file)) ?? 'shakedown';
}
