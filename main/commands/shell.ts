import type { ReadStream } from 'node:tty';
import { UsageError } from '../../common/errors.ts';
import { connectSsh } from '../remotes/ssh-remote.ts';
import type { Command } from './command.ts';
import { keptMachine } from './kept-node.ts';

export const shellCommand: Command = {
  name: 'shell',
  args: '<node>',
  description: 'Open a root shell on a node',
  options: [],
  async run([node], _options, { cwd, signal, stdin, stdout }) {
    const machine = await keptMachine(cwd, node);
    if (!stdin.isTTY)
      throw new UsageError('A shell needs a terminal.', { hint: `shakedown exec ${node} -- COMMAND` });
    const terminal = stdin as ReadStream;
    await using remote = await connectSsh(machine.ssh, { signal, timeout: 20 });
    const size = () => ({ rows: stdout.rows ?? 24, cols: stdout.columns ?? 80 });
    const shell = await remote.spawn('exec "$SHELL" -l', { root: true, pty: size() });
    const onResize = () => shell.resize(size().rows, size().cols);
    terminal.setRawMode(true);
    stdout.on('resize', onResize);
    terminal.pipe(shell.stdin);
    shell.stdout.pipe(stdout, { end: false });
    const { exitCode } = await shell.ended;
    stdout.off('resize', onResize);
    terminal.unpipe(shell.stdin);
    terminal.setRawMode(false);
    terminal.pause();
    return exitCode ?? 255;
  },
};
