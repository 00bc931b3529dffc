import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../common/errors.ts';
import type { Remote, RemoteProcess } from '../remotes/remote.ts';
import { shellQuote } from '../remotes/shell-line.ts';
import type { TerminalPair } from './script-options.ts';
import type { ScriptOutput } from './script-output.ts';

/** Seconds between SIGTERM and SIGKILL. */
export const grace = 5;

/** How long a machine may take to end what it was told to end. */
const patienceMs = 20_000;

const noAnswer = (address: string) =>
  new ShakedownError({ message: `${address} did not answer when the script was to be ended` });

export interface ProcessOptions {
  readonly base: string;
  readonly root: boolean;
  /** Seconds. */
  readonly timeout: number | undefined;
  readonly tty: boolean | TerminalPair;
  readonly stdout: ScriptOutput;
  readonly stderr: ScriptOutput;
  /** Ends it. */
  readonly signal: AbortSignal;
}

export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
}

/** Runs the launcher to the script's end or its time limit; all its output is then where it belongs. */
export async function runProcess(
  remote: Remote,
  launcher: string,
  options: ProcessOptions,
): Promise<ProcessEnd> {
  const { root, tty, stdout, stderr, signal, timeout } = options;
  signal.throwIfAborted();
  const terminal = typeof tty === 'object' ? tty : undefined;
  const pty = tty === false ? {} : { pty: sizeOf(terminal) };
  const process = await remote.spawn(['sh', launcher], { root, ...pty });
  const written = [stdout, stderr].map((output) => new Promise((resolve) => output.once('close', resolve)));
  process.stdout.pipe(stdout);
  process.stderr.pipe(stderr);
  const detach = terminal ? attach(process, terminal) : undefined;
  if (!terminal) process.stdin.end();
  const over = new AbortController();
  const unanswered = Promise.withResolvers<never>();
  let patience: NodeJS.Timeout | undefined;
  const kill = () => {
    process.kill();
    patience ??= setTimeout(() => unanswered.reject(noAnswer(remote.address)), patienceMs);
  };
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const limited =
    timeout === undefined ? undefined : limit(remote, kill, { ...options, timeout, over: over.signal });
  try {
    const end = await Promise.race([process.ended, unanswered.promise]);
    over.abort();
    if (!remote.lost.aborted) await Promise.all(written);
    return { ...end, timedOut: (await limited) === true };
  } finally {
    over.abort();
    clearTimeout(patience);
    // What a broken connection still has to give will not come.
    process.stdout.unpipe(stdout);
    process.stderr.unpipe(stderr);
    for (const output of [stdout, stderr]) output.end();
    await Promise.all(written);
    detach?.();
    signal.removeEventListener('abort', kill);
  }
}

/** Asks the script to end when its time is over, and makes it; true when it came to that. */
async function limit(
  remote: Remote,
  kill: () => void,
  { base, root, timeout, over }: { base: string; root: boolean; timeout: number; over: AbortSignal },
): Promise<boolean> {
  const wait = (seconds: number) => sleep(seconds * 1000, true, { signal: over }).catch(() => false);
  if (!(await wait(timeout))) return false;
  const term = `read -r group < ${shellQuote(`${base}/group`)} && kill -s TERM -- "-$group"`;
  remote.exec(term, { root, signal: over }).catch(() => undefined);
  if (await wait(grace)) kill();
  return true;
}

function sizeOf(terminal: TerminalPair | undefined): { rows: number; cols: number } {
  const { rows = 24, columns = 80 } = terminal?.stdout ?? {};
  return { rows, cols: columns };
}

/** Ties our terminal to the script's: every key is the script's, Ctrl-C too. Gives what undoes it. */
function attach(process: RemoteProcess, terminal: TerminalPair): () => void {
  const { stdin, stdout } = terminal;
  const onResize = () => {
    const { rows, cols } = sizeOf(terminal);
    process.resize(rows, cols);
  };
  stdin.setRawMode(true);
  stdin.pipe(process.stdin);
  stdout.on('resize', onResize);
  return () => {
    stdout.off('resize', onResize);
    stdin.unpipe(process.stdin);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
