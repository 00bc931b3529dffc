import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FailureDetails, ShakedownError } from '../../../common/errors.ts';
import { lastLines } from '../../../common/text/last-lines.ts';

/** A word as the shell reads it back unchanged. */
export const quote = (word: string | number): string => `'${String(word).replaceAll("'", `'\\''`)}'`;

/** Text that a bash beside us runs: what it does and why is told there. */
const runner = readFileSync(join(import.meta.dirname, 'runner.sh'), 'utf8');

export interface ScriptOptions {
  readonly signal?: AbortSignal;
  /** The error to throw if it fails. */
  readonly failure: Partial<FailureDetails> & { message: string };
  /** What stderr tells more precisely. */
  readonly explain?: (stderr: string) => Partial<FailureDetails>;
}

/**
 * Runs a bash script as root (by `sudo -n` where we are not) and gives its stdout. One process for many
 * steps: that is what makes three nodes boot in a second.
 */
export const runAsRoot = (script: string, options: ScriptOptions): Promise<string> =>
  runScript(process.getuid?.() === 0 ? [] : ['sudo', '-n'], script, options);

/**
 * Runs a bash script by way of the command `through`. The script has `die MESSAGE`, `set -eu` and
 * `nullglob`, and nothing on its stdin. Throws ShakedownError with the last lines that it printed to stderr;
 * throws the signal's reason once the script and its children are dead.
 */
export async function runScript(
  through: readonly string[],
  script: string,
  { signal, failure, explain }: ScriptOptions,
): Promise<string> {
  signal?.throwIfAborted();
  // Without a parent shell bash takes our pipe for a network connection, and reads ~/.bashrc (bash(1),
  // INVOCATION).
  const [command = 'setsid', ...args] = [...through, 'setsid', '--wait', 'bash', '--norc', '-c', runner];
  const { execa } = await import('execa');
  const running = execa(command, args, { stdin: 'pipe', reject: false });
  // A script that failed early has closed its end; its exit code tells the story.
  running.stdin.on('error', () => undefined);
  running.stdin.write(`${Buffer.byteLength(script)}\n${script}`);
  const stop = () => running.stdin.end();
  signal?.addEventListener('abort', stop, { once: true });
  const result = await running;
  signal?.removeEventListener('abort', stop);
  if (result.exitCode === 0) return result.stdout;
  signal?.throwIfAborted();
  const lines = lastLines(result.stderr, 12);
  throw new ShakedownError({
    ...failure,
    ...explain?.(result.stderr),
    lastLines: lines.length > 0 ? lines : [result.message ?? 'no output'],
  });
}

/**
 * Runs a bash script that only looks, as the user that we are and with nothing on its stdin, and gives what
 * it printed to stdout, however it ended. Throws the signal's reason.
 */
export async function printedBy(script: string, signal: AbortSignal): Promise<string> {
  const options = { stdin: 'ignore', reject: false, cancelSignal: signal } as const;
  const { execa } = await import('execa');
  const { stdout } = await execa('bash', ['--norc', '-c', script], options);
  signal.throwIfAborted();
  return stdout;
}
