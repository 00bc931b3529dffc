import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/**
 * Seconds that a job has to take its machines away in: after it is asked to
 * end, and after it is told to hurry.
 */
const grace = { end: 60, hurry: 60 };

/** util-linux's, which has a process ended when its parent dies (prctl(2), PR_SET_PDEATHSIG). */
const setpriv = '/usr/bin/setpriv';

export interface JobProcess {
  /** For this very program. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly output: (piece: Buffer) => Promise<void>;
}

/**
 * Runs this program in a process of its own, so that a job that crashes takes nothing along. When `signal`
 * is aborted, or this process dies, it is asked to end as by Ctrl-C, and takes its machines away. Gives
 * its exit code; null when it had to be killed.
 */
export async function runJobProcess({ args, cwd, signal, output }: JobProcess): Promise<number | null> {
  const own = [process.execPath, ownProgram(), ...args];
  const [program = '', ...words] = existsSync(setpriv) ? [setpriv, '--pdeathsig', 'TERM', '--', ...own] : own;
  const child = spawn(program, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const reading = Promise.all(
    [child.stdout, child.stderr].map(async (stream) => {
      for await (const piece of stream) await output(piece);
    }),
  );
  const over = new AbortController();
  const ending = end(child.pid, signal, over.signal);
  try {
    return await ended;
  } finally {
    over.abort();
    await Promise.all([ending, reading.catch(() => undefined)]);
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
  // It leads a group of its own.
  if (!over.aborted) process.kill(-pid, 'SIGKILL');
}

/** From the sources and from `dist` alike. */
function ownProgram(): string {
  const places = ['../../../bin/shakedown.mjs', '../../../../bin/shakedown.mjs'];
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return files.find((file) => existsSync(file)) ?? 'shakedown';
}
