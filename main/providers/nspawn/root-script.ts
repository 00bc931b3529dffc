import { execa } from 'execa';
import { type FailureDetails, ShakedownError } from '../../../common/errors.ts';

/** A word as the shell reads it back unchanged. */
export const quote = (word: string | number): string => `'${String(word).replaceAll("'", `'\\''`)}'`;

/**
 * Runs a bash script as root (by `sudo -n` where we are not) and gives its stdout. One process for many steps: that is
 * what makes three nodes boot in two seconds. Throws ShakedownError with the last lines; `signal` ends it.
 */
export async function runAsRoot(
  script: string,
  options: {
    signal?: AbortSignal;
    failure: Partial<FailureDetails> & { message: string };
  },
): Promise<string> {
  const [command, ...args] = [...(process.getuid?.() === 0 ? [] : ['sudo', '-n']), 'bash', '-s'];
  const result = await execa(command ?? 'bash', args, {
    input: `set -eu\n${script}`,
    reject: false,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  if (result.exitCode === 0) return result.stdout;
  if (result.isCanceled) throw options.signal?.reason;
  const lastLines = lines(result.stderr).slice(-12);
  throw new ShakedownError({
    ...options.failure,
    lastLines: lastLines.length > 0 ? lastLines : lines(result.message ?? ''),
  });
}

const lines = (text: string | Buffer): string[] =>
  String(text)
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '');
