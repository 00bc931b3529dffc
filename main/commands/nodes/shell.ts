import type { ReadStream } from 'node:tty';
import { UsageError } from '../../../common/errors.ts';
import type { RemoteProcess } from '../../remotes/remote.ts';
import { connectSsh } from '../../remotes/ssh-remote.ts';
import type { Command, CommandEnvironment } from '../command.ts';
import { exitCodeOf } from './exec.ts';
import { keptMachine } from './kept-node.ts';

export const shellCommand: Command = async ([node], options, environment) => {
  const { cwd, signal, stdin, stdout } = environment;
  const machine = await keptMachine(cwd, node);
  if (!stdin.isTTY)
    throw new UsageError('A shell needs a terminal.', { hint: `shakedown exec ${node} -- COMMAND` });
  await using remote = await connectSsh(machine.ssh, { signal, timeout: 20 });
  const shell = await remote.spawn('cd; [ -n "$SHELL" ] || SHELL=/bin/sh; exec "$SHELL" -l', {
    root: options.root !== false,
    pty: sizeOf(stdout),
  });
  const ended = await attach(shell, environment);
  if (remote.lost.aborted) throw remote.lost.reason;
  return exitCodeOf(ended);
};

const sizeOf = ({ rows = 24, columns = 80 }: CommandEnvironment['stdout']) => ({ rows, cols: columns });

/** Ties the terminal to the shell until that ends; the terminal is then as it was before. */
async function attach(
  shell: RemoteProcess,
  { stdin, stdout, signal }: CommandEnvironment,
): ReturnType<() => RemoteProcess['ended']> {
  const terminal = stdin as ReadStream;
  const onResize = () => {
    const { rows, cols } = sizeOf(stdout);
    shell.resize(rows, cols);
  };
  const onAbort = () => shell.kill();
  // Every key is the shell's, Ctrl-C too.
  terminal.setRawMode(true);
  stdout.on('resize', onResize);
  signal.addEventListener('abort', onAbort, { once: true });
  terminal.pipe(shell.stdin);
  shell.stdout.pipe(stdout, { end: false });
  try {
    return await shell.ended;
  } finally {
    signal.removeEventListener('abort', onAbort);
    stdout.off('resize', onResize);
    terminal.unpipe(shell.stdin);
    terminal.setRawMode(false);
    terminal.pause();
  }
}
