import { finished } from 'node:stream/promises';
import { asShakedownError, describeFailure } from '../../../common/errors.ts';
import { exitCodes } from '../../../common/exit-codes.ts';
import type { Machine } from '../../providers/provider.ts';
import { exitCodeOf } from '../../remotes/commands/exit-code.ts';
import type { Command } from '../../remotes/remote.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import { prefixedOutputs } from '../../script/output/prefixed-output.ts';
import type { CommandEnvironment } from '../command.ts';

/**
 * Runs a command on machines side by side, with nothing on its stdin. Each line of what they say begins with
 * the machine's name. Gives the first exit code, in the order of the machines, that is not 0; where a machine
 * could not be reached, that is told and counts as an error, and the others go on.
 */
export async function execOnSeveral(
  machines: readonly Machine[],
  command: Command,
  root: boolean,
  { signal, stdout, stderr }: Pick<CommandEnvironment, 'signal' | 'stdout' | 'stderr'>,
): Promise<number> {
  const names = machines.map(({ name }) => name);
  const [outputs, errors] = [prefixedOutputs(names, stdout), prefixedOutputs(names, stderr)];
  const running = machines.map(async ({ ssh }, index) => {
    const [output, told] = [outputs[index], errors[index]];
    if (!output || !told) throw new Error('a machine has no output');
    try {
      await using remote = await connectSsh(ssh, { signal, timeout: 20 });
      const onStderr = (chunk: Buffer) => void told.write(chunk);
      return exitCodeOf(await remote.exec(command, { signal, root, stdin: '', stdoutTo: output, onStderr }));
    } catch (error) {
      signal.throwIfAborted();
      // Whoever read the output is gone.
      if (output.errored) return exitCodes.brokenPipe;
      told.write(`${describeFailure(asShakedownError(error).details)}\n`);
      return exitCodes.error;
    } finally {
      const ended = [output, told].map((stream) => finished(stream.end()).catch(() => undefined));
      await Promise.all(ended);
    }
  });
  const codes = await Promise.all(running);
  return codes.find((code) => code !== 0) ?? 0;
}
