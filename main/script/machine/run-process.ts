import { ShakedownError, TimeLimitError } from '../../../common/errors.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import { unwound } from '../../../common/unwound.ts';
import { shellQuote } from '../../remotes/commands/shell-line.ts';
import type { Remote, RemoteProcess } from '../../remotes/remote.ts';
import type { ScriptOutput } from '../output/script-output.ts';
import type { TerminalPair } from '../script-options.ts';
import { attachTerminal, sizeOf } from './attach-terminal.ts';

/** Seconds between SIGTERM and SIGKILL: past the time limit, and after an interrupt. */
const grace = { limit: 5, interrupt: 2 };

/**
 * Seconds that a machine may take to end what it was told to end; then the
 * channel is closed, and then given up.
 */
const patience = { kill: 5, close: 15 };

export interface ProcessOptions {
  /** Our folder on the machine. */
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
  const { root, tty, stdout, stderr, signal } = options;
  signal.throwIfAborted();
  const terminal = typeof tty === 'object' ? tty : undefined;
  const pty = tty === false ? {} : { pty: sizeOf(terminal) };
  const process = await remote.spawn(`exec sh ${shellQuote(launcher)}`, { root, ...pty });
  const written = [stdout, stderr].map((output) => new Promise((resolve) => output.once('close', resolve)));
  process.stdout.pipe(stdout);
  process.stderr.pipe(stderr);
  const detach = terminal ? attachTerminal(process, terminal) : undefined;
  // Who reads from a terminal that nobody sits at finds its end: closing the channel
  // does not tell it (termios(3), VEOF).
  if (!terminal) process.stdin.end(tty === false ? '' : '\x04');
  try {
    const end = await endInTime(remote, process, options);
    if (!remote.lost.aborted) await Promise.all(written);
    return end;
  } finally {
    detach?.();
    // What a broken connection still has to give will not come.
    process.stdout.unpipe(stdout);
    process.stderr.unpipe(stderr);
    for (const output of [stdout, stderr]) output.end();
    await Promise.all(written);
  }
}

/** Waits for its end. When its time is over, and at an interrupt, asks it to end, makes it, and hangs up. */
async function endInTime(
  remote: Remote,
  process: RemoteProcess,
  { base, root, timeout, signal }: ProcessOptions,
): Promise<ProcessEnd> {
  try {
    const limit = { what: 'the script', seconds: timeout, signal };
    return { ...(await withTimeLimit(limit, () => process.ended)), timedOut: false };
  } catch (error) {
    if (!signal.aborted && !(error instanceof TimeLimitError)) throw error;
  }
  const timedOut = !signal.aborted;
  const send = (name: 'TERM' | 'KILL') => {
    const line = `read -r group < ${shellQuote(`${base}/group`)} && kill -s ${name} -- "-$group"`;
    remote.exec(line, { root, timeout: patience.close }).catch(() => undefined);
  };
  const steps = [
    { act: () => send('TERM'), wait: timedOut ? grace.limit : grace.interrupt },
    { act: () => send('KILL'), wait: patience.kill },
    { act: () => process.kill(), wait: patience.close },
  ];
  for (const { act, wait } of steps) {
    act();
    const end = await unwound(process.ended, wait);
    if (end) return { ...end, timedOut };
  }
  throw new ShakedownError({ message: `${remote.address} did not answer when the script was to be ended` });
}
