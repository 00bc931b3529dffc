import { execa } from 'execa';
import { type FailureDetails, ShakedownError } from '../../../common/errors.ts';

/** A word as the shell reads it back unchanged. */
export const quote = (word: string | number): string => `'${String(word).replaceAll("'", `'\\''`)}'`;

/**
 * Reads a script up to a NUL and runs it, but only for as long as its own stdin is open: when that closes, because we
 * close it or because we are dead, it kills its process group. That holds through sudo, where we could not send it a
 * signal. What has a session of its own (the containers) is not in that group.
 */
const runner = `
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
IFS= read -r -d '' script || exit 125
( read -r || kill -KILL -- -$$ ) <&0 >/dev/null 2>&1 &
trap "kill -KILL $! 2>/dev/null" EXIT
die() { echo "$*" >&2; exit 1; }
set -eu
umask 022
shopt -s nullglob
eval "$script" </dev/null`;

export interface ScriptOptions {
  readonly signal?: AbortSignal;
  /** The error to throw if it fails. */
  readonly failure: Partial<FailureDetails> & { message: string };
  /** What stderr tells more precisely. */
  readonly explain?: (stderr: string) => Partial<FailureDetails>;
}

/**
 * Runs a bash script as root (by `sudo -n` where we are not) and gives its stdout. One process for many steps: that is
 * what makes three nodes boot in a second.
 */
export const runAsRoot = (script: string, options: ScriptOptions): Promise<string> =>
  runScript(process.getuid?.() === 0 ? [] : ['sudo', '-n'], script, options);

/**
 * Runs a bash script by way of the command `through`. The script has `die MESSAGE`, `set -eu` and `nullglob`, and
 * nothing on its stdin. Throws ShakedownError with the last lines that it printed to stderr; throws the signal's reason
 * once the script and its children are dead.
 */
export async function runScript(
  through: readonly string[],
  script: string,
  { signal, failure, explain }: ScriptOptions,
): Promise<string> {
  signal?.throwIfAborted();
  // Without a parent shell bash takes our pipe for a network connection, and reads ~/.bashrc (bash(1), INVOCATION).
  const [command = 'setsid', ...args] = [...through, 'setsid', '--wait', 'bash', '--norc', '-c', runner];
  const running = execa(command, args, { stdin: 'pipe', reject: false });
  // A script that failed early has closed its end; its exit code tells the story.
  running.stdin.on('error', () => undefined);
  running.stdin.write(`${script}\0`);
  const stop = () => running.stdin.end();
  signal?.addEventListener('abort', stop, { once: true });
  const result = await running;
  signal?.removeEventListener('abort', stop);
  if (result.exitCode === 0) return result.stdout;
  signal?.throwIfAborted();
  const lines = result.stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  throw new ShakedownError({
    ...failure,
    ...explain?.(result.stderr),
    lastLines: lines.length > 0 ? lines.slice(-12) : [result.message ?? 'no output'],
  });
}
