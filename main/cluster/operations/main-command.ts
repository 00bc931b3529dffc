import { existsSync } from 'node:fs';
import { ShakedownError, TimeLimitError } from '../../../common/errors.ts';
import type { CommandResult } from '../../../common/results.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import { KeptOutput } from './kept-output.ts';

/**
 * Runs a shell command line on the main host, by bash where it is there, as the user who runs us, in `cwd`.
 * A non-zero exit is a result. Throws TimeLimitError past `timeout` (seconds; 60 unless told),
 * ShakedownError when `signal` is aborted; in both cases the command's whole process group is killed. At
 * most the first MiB of each stream is kept.
 */
export async function runOnMain(
  command: string,
  cwd: string,
  {
    timeout = 60,
    stdin,
    signal,
    env,
  }: {
    readonly timeout?: number;
    readonly stdin?: string;
    readonly signal?: AbortSignal;
    /** Added to our own environment. */
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<CommandResult> {
  const { execa } = await import('execa');
  signal?.throwIfAborted();
  const begun = performance.now();
  const kept = { stdout: new KeptOutput(), stderr: new KeptOutput() };
  const [shell, ...words] = existsSync('/bin/bash') ? ['/bin/bash', '--norc', '-c'] : ['/bin/sh', '-c'];
  const late = (seconds: number) => new TimeLimitError('the command', seconds, { command });
  const limit = { what: 'the command', seconds: timeout, signal, late };
  const result = await withTimeLimit(limit, (stop) => {
    const child = execa(shell ?? 'sh', [...words, command], {
      cwd,
      ...(env && { env }),
      detached: true,
      reject: false,
      buffer: false,
      // Without input a command that reads must see the end of it, not wait for the terminal.
      ...(stdin === undefined ? { stdin: 'ignore' } : { input: stdin }),
    });
    child.stdout.on('data', (chunk: Buffer) => kept.stdout.add(chunk));
    child.stderr.on('data', (chunk: Buffer) => kept.stderr.add(chunk));
    stop.addEventListener('abort', () => killGroup(child.pid), { once: true });
    return child;
  }).catch((error: unknown) => {
    throw signal?.aborted ? new ShakedownError({ message: 'the command was ended', command }) : error;
  });
  return {
    command,
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    stdout: kept.stdout.text(),
    stderr: kept.stderr.text(),
    durationMs: Math.round(performance.now() - begun),
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
