import { UsageError } from '../../common/errors.ts';
import { connectSsh } from '../remotes/ssh-remote.ts';
import type { Command } from './command.ts';
import { keptMachine } from './kept-node.ts';

export const execCommand: Command = {
  name: 'exec',
  args: '<node>',
  description: 'Run a command on a node (by id or name) and exit with its code: exec 0 -- uname -a',
  options: [['--no-root', 'As the login user instead of root']],
  examples: ['shakedown exec 1 -- systemctl status etcd'],
  async run([node], options, { cwd, signal, stdout, stderr }) {
    const machine = await keptMachine(cwd, node);
    if (options.rest.length === 0)
      throw new UsageError('Nothing to run.', { hint: `shakedown exec ${node} -- hostname` });
    await using remote = await connectSsh(machine.ssh, { signal, timeout: 20 });
    // One word is a shell's line, several are an argument list.
    const command = options.rest.length === 1 ? (options.rest[0] ?? '') : options.rest;
    const result = await remote.exec(command, {
      signal,
      root: options.root !== false,
      stdoutTo: stdout,
      onStderr: (chunk) => stderr.write(chunk),
    });
    return result.exitCode ?? 255;
  },
};
