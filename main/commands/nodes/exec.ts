import type { Readable } from 'node:stream';
import { UsageError } from '../../../common/errors.ts';
import { exitCodes } from '../../../common/exit-codes.ts';
import { exitCodeOf } from '../../remotes/commands/exit-code.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import type { Command } from '../command.ts';
import { keptMachine } from './kept-node.ts';

export { exitCodeOf };

export const execCommand: Command = async ([node], options, { cwd, signal, stdin, stdout, stderr }) => {
  const machine = await keptMachine(cwd, node);
  if (options.rest.length === 0)
    throw new UsageError('Nothing to run.', { hint: `shakedown exec ${node} -- hostname` });
  // One word is a shell's line, several are an argument list.
  const command = options.rest.length === 1 ? (options.rest[0] ?? '') : options.rest;
  await using remote = await connectSsh(machine.ssh, { signal, timeout: 20 });
  let unwritten: NodeJS.ErrnoException | undefined;
  const onError = (error: Error) => {
    unwritten ??= error;
  };
  stdout.on('error', onError);
  try {
    const result = await remote.exec(command, {
      signal,
      root: options.root !== false,
      stdin: stdin as Readable,
      stdoutTo: stdout,
      onStderr: (chunk) => stderr.write(chunk),
    });
    return exitCodeOf(result);
  } catch (error) {
    // Whoever watches the output tells of what could not be written.
    if (!unwritten || error !== unwritten) throw error;
    return unwritten.code === 'EPIPE' ? exitCodes.brokenPipe : exitCodes.error;
  } finally {
    stdout.off('error', onError);
  }
};
