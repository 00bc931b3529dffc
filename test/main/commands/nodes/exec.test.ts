import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { execCommand, exitCodeOf } from '../../../../main/commands/nodes/exec.ts';
import { folder, node } from '../../remotes/fake-node.ts';
import { inFolder, keptIn } from '../kept-machines.ts';

describe('shakedown exec', () => {
  test('runs a command on a node, by id or by name, and gives its output and exit code', async () => {
    const { target } = await node();
    const cwd = keptIn([target]);
    const rest = ['echo out; echo err >&2; exit 7'];
    const expected = { code: 7, stdout: 'out\n', stderr: 'err\n' };
    expect(await inFolder(cwd, execCommand, { args: ['0'], rest })).toEqual(expected);
    expect(await inFolder(cwd, execCommand, { args: ['db0'], rest })).toEqual(expected);
  });

  test('takes one word as a line for the shell, and several as they are', async () => {
    const { target } = await node();
    const cwd = keptIn([target]);
    const words = ['printf', '%s|', 'a b', "it's", '$HOME', ''];
    expect((await inFolder(cwd, execCommand, { args: ['0'], rest: words })).stdout).toBe("a b|it's|$HOME||");
    expect((await inFolder(cwd, execCommand, { args: ['0'], rest: ['printf a; printf b'] })).stdout).toBe(
      'ab',
    );
  });

  test('hands on what it is given on stdin', async () => {
    const { target } = await node();
    const ran = await inFolder(keptIn([target]), execCommand, {
      args: ['0'],
      rest: ['wc', '-c'],
      stdin: 'hello',
    });
    expect(ran.stdout.trim()).toBe('5');
  });

  test('ends with its command though stdin stays open', async () => {
    const { target } = await node();
    const ran = await inFolder(keptIn([target]), execCommand, {
      args: ['0'],
      rest: ['true'],
      stdin: new PassThrough(),
    });
    expect(ran.code).toBe(0);
  });

  test('runs as root, by sudo where the login is another user, unless told otherwise', async () => {
    const bin = folder();
    const sudo = '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; export BY=sudo; exec "$@"\n';
    writeFileSync(join(bin, 'sudo'), sudo, { mode: 0o755 });
    const { target } = await node({ env: { PATH: `${bin}:/usr/bin:/bin` } }, 'joe');
    const [cwd, given] = [keptIn([target]), { args: ['0'], rest: ['echo "by $BY"'] }];
    expect((await inFolder(cwd, execCommand, given)).stdout).toBe('by sudo\n');
    expect((await inFolder(cwd, execCommand, { ...given, options: { root: false } })).stdout).toBe('by \n');
  });

  test('ends quietly when its reader goes away, and leaves no file behind', async () => {
    const { target } = await node();
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('shakedown-exec-'));
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
    });
    const ran = await inFolder(keptIn([target]), execCommand, { args: ['0'], rest: ['yes'], stdout });
    expect(ran.code).toBe(141);
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('shakedown-exec-'));
    expect(after).toEqual(before);
  });

  test('is ended by an interrupt', async () => {
    const { target } = await node();
    const interrupt = new AbortController();
    const running = inFolder(keptIn([target]), execCommand, {
      args: ['0'],
      rest: ['echo started; sleep 30'],
      signal: interrupt.signal,
      stdout: new Writable({
        write: (_chunk, _encoding, done) => {
          interrupt.abort(new Error('interrupted'));
          done();
        },
      }),
    });
    await expect(running).rejects.toThrow('interrupted');
  });

  test('says which nodes there are, and how to get some when there are none', async () => {
    const { target } = await node();
    const cwd = keptIn([target]);
    const wrong = await inFolder(cwd, execCommand, { args: ['7'], rest: ['true'] }).catch((error) => error);
    expect(wrong).toBeInstanceOf(UsageError);
    expect(wrong.message).toBe("There is no node '7'; there are: 0 (db0).");
    const none = await inFolder(folder(), execCommand, { args: ['0'], rest: ['true'] }).catch(
      (error) => error,
    );
    expect(none).toMatchObject({ name: 'UsageError', hint: 'shakedown nodes up, or shakedown run --keep' });
    await expect(inFolder(cwd, execCommand, { args: ['0'] })).rejects.toThrow('Nothing to run');
  });
});

test('a command that a signal ended gives 128 and its number, as in a shell', () => {
  expect(exitCodeOf({ exitCode: 3, signal: null })).toBe(3);
  expect(exitCodeOf({ exitCode: null, signal: 'SIGKILL' })).toBe(137);
  expect(exitCodeOf({ exitCode: null, signal: null })).toBe(255);
});
