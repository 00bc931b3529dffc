import { PassThrough, Writable } from 'node:stream';
import type { Command, CommandOptions } from '../../../main/commands/command.ts';

/** Runs a command in a folder as the command line would; gives its exit code and what it printed. */
export async function runCommand(
  command: Command,
  {
    args = [],
    options = {},
    cwd,
    stdin = '',
  }: { args?: readonly string[]; options?: Record<string, unknown>; cwd: string; stdin?: string },
): Promise<{ readonly code: number; readonly stdout: string }> {
  let stdout = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      stdout += String(chunk);
      done();
    },
  });
  const given: CommandOptions = { rest: [], ...options };
  const code = await command(args, given, {
    cwd,
    env: { HOME: '/root' },
    stdin: stdin === '' ? new PassThrough() : new PassThrough().end(stdin),
    stdout: sink,
    stderr: sink,
    signal: new AbortController().signal,
    hurry: new AbortController().signal,
    cacheDir: cwd,
  });
  return { code, stdout };
}
