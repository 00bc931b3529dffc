import type { Readable } from 'node:stream';
import { UsageError } from '../../../common/errors.ts';
import { exitCodes } from '../../../common/exit-codes.ts';
import type { Machine } from '../../providers/provider.ts';
import { exitCodeOf } from '../../remotes/commands/exit-code.ts';
import type { Command as CommandLine } from '../../remotes/remote.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import type { Command, CommandEnvironment } from '../command.ts';
import { execOnSeveral } from './exec-on-several.ts';
import { keptMachines, machineNamed, severalNamed } from './kept-node.ts';

export { exitCodeOf };

export const execCommand: Command = async ([node], { rest, root }, environment) => {
  const { machines } = (await keptMachines(environment.cwd)).cluster;
  const wanted = severalNamed(machines, node) ?? machineNamed(machines, node);
  if (rest.length === 0)
    throw new UsageError('Nothing to run.', { hint: `shakedown exec ${node} -- hostname` });
  // One word is a shell's line, several are an argument list.
  const command = rest.length === 1 ? (rest[0] ?? '') : rest;
  const asRoot = root !== false;
  if ('length' in wanted) return execOnSeveral(wanted, command, asRoot, environment);
  return execOnOne(wanted, command, asRoot, environment);
};

async function execOnOne(
  { ssh }: Machine,
  command: CommandLine,
  root: boolean,
  { signal, stdin, stdout, stderr }: CommandEnvironment,
): Promise<number> {
  await using remote = await connectSsh(ssh, { signal, timeout: 20 });
  let unwritten: NodeJS.ErrnoException | undefined;
  const onError = (error: Error) => {
    unwritten ??= error;
  };
  stdout.on('error', onError);
  try {
    const result = await remote.exec(command, {
      signal,
      root,
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
}
