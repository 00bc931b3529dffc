import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { shellCommand } from '../../../../main/commands/nodes/shell.ts';
import { ConnectionLostError } from '../../../../main/remotes/connection-errors.ts';
import { node } from '../../remotes/fake-node.ts';
import { inFolder, keptIn } from '../kept-machines.ts';

/** A terminal as far as the command looks: keys come from it, and it can be raw. */
class Terminal extends PassThrough {
  readonly isTTY = true;
  readonly modes: boolean[] = [];
  setRawMode(raw: boolean): void {
    this.modes.push(raw);
  }
}

test('ties the terminal to a login shell, gives its exit code, and leaves the terminal as it was', async () => {
  const { target } = await node({ env: { SHELL: '/bin/sh' } });
  const stdin = new Terminal();
  stdin.write('echo typed $((6 * 7)); exit 3\n');
  const { code, stdout } = await inFolder(keptIn([target]), shellCommand, { args: ['0'], stdin });
  expect(stdout).toContain('typed 42');
  expect(code).toBe(3);
  expect(stdin.modes).toEqual([true, false]);
  expect(stdin.isPaused()).toBe(true);
});

test('a connection that is lost is an error, and the terminal is as it was', async () => {
  const { target, server } = await node({ env: { SHELL: '/bin/sh' } });
  const stdin = new Terminal();
  stdin.write('echo ready\n');
  const stdout = new PassThrough();
  const running = inFolder(keptIn([target]), shellCommand, { args: ['0'], stdin, stdout });
  stdout.once('data', () => server.drop());
  await expect(running).rejects.toBeInstanceOf(ConnectionLostError);
  expect(stdin.modes).toEqual([true, false]);
});

test('without a terminal it says what to do instead', async () => {
  const { target } = await node();
  const error = await inFolder(keptIn([target]), shellCommand, { args: ['0'] }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect(error.hint).toBe('shakedown exec 0 -- COMMAND');
});
