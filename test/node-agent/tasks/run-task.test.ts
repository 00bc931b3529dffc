import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test, vi } from 'vitest';
import { CancellationTokenSource } from 'vscode-jsonrpc/node';
import { shellName } from '../../../node-agent/command-shell.ts';
import { greetedAgent, isAlive } from '../agent-process.ts';
import { canMakeGroups } from './can-make-groups.ts';

const root = process.getuid?.() === 0;

describe('a task', () => {
  test('gives its exit code or signal and both streams', async () => {
    const agent = await greetedAgent();
    const said = await agent.run('echo "$WHAT"; echo bad >&2; exit 4', { env: { WHAT: 'out' } });
    expect(said).toMatchObject({ exitCode: 4, signal: null, stdout: 'out\n', stderr: 'bad\n', left: [] });
    expect(await agent.run('kill -KILL $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  test('runs by bash where the node has it, without anybody’s startup files', async () => {
    const agent = await greetedAgent();
    writeFileSync(join(agent.work, '.bashrc'), 'echo a greeting\n');
    // By these bash takes itself for a login by ssh.
    const env = { HOME: agent.work, SSH_CLIENT: '10.0.0.1 1 22', SHLVL: '0' };
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's own
    const list = 'names=(one two); [[ $names == o* ]] && echo "${#names[@]}"';
    expect(await agent.run(list, { env })).toMatchObject({ exitCode: 0, stdout: '2\n', stderr: '' });
    expect((await agent.hello()).shell).toBe('bash');
    expect(shellName('/no/such/bash')).toBe('sh');
  });

  test('takes an argument list as it is', async () => {
    const agent = await greetedAgent();
    const { stdout } = await agent.run(['printf', '%s|', 'a b', '$HOME', "it's"]);
    expect(stdout).toBe("a b|$HOME|it's|");
    expect(await agent.run(['no-such-program'])).toMatchObject({
      exitCode: 127,
      stderr: 'no-such-program: not found\n',
    });
    expect(await agent.run(['/etc/passwd'])).toMatchObject({
      exitCode: 127,
      stderr: '/etc/passwd: Permission denied\n',
    });
  });

  test('reads what it is sent, or nothing', async () => {
    const agent = await greetedAgent();
    const input = 'x'.repeat(3_000_000);
    expect((await agent.run('wc -c', { input })).stdout).toBe('3000000\n');
    expect((await agent.run('wc -c')).stdout).toBe('0\n');
    expect(await agent.run('head -c 1', { input })).toMatchObject({ exitCode: 0, stdout: 'x' });
  });

  test('has pipes that can be opened again by their names', async () => {
    const agent = await greetedAgent();
    const said = await agent.run('cat /dev/stdin | tee /dev/stderr', { input: 'both' });
    expect(said).toMatchObject({ exitCode: 0, stdout: 'both', stderr: 'both' });
  });

  test('passes bytes on, in order, however many', async () => {
    const agent = await greetedAgent();
    const { stdout } = await agent.run('seq 1 200000');
    expect(stdout.split('\n')).toHaveLength(200_001);
    expect(stdout.endsWith('199999\n200000\n')).toBe(true);
  });

  test('runs in the folder that it is told, or in the home of its user', async () => {
    const agent = await greetedAgent();
    mkdirSync(join(agent.work, 'here'));
    expect((await agent.run('pwd', { cwd: join(agent.work, 'here') })).stdout).toMatch(/\/here\n$/);
    await expect(agent.run('true', { cwd: '/nowhere' })).rejects.toThrow(
      'the folder /nowhere does not exist',
    );
  });

  test.runIf(root)('runs as any user, with what a login would set', async () => {
    const agent = await greetedAgent();
    const { stdout } = await agent.run('id -un; echo $USER $HOME; echo again > /dev/stdout', {
      user: 'daemon',
      cwd: '/',
    });
    expect(stdout).toBe('daemon\ndaemon /usr/sbin\nagain\n');
    await expect(agent.run('true', { user: 'nobody-of-that-name' })).rejects.toThrow('there is no user');
  });

  test('keeps its output among the logs, bounded, when it is told to', async () => {
    const agent = await greetedAgent();
    await agent.run('echo out; echo bad >&2; exit 4', { log: 'setup-build it' });
    const log = readFileSync(join(agent.state, 'logs/setup-build_it.log'), 'utf8');
    expect(log).toMatch(/^\$ echo out;.*\n(out\nbad\n|bad\nout\n)\[exit 4\]\n$/);
    await agent.run('echo first; head -c 20000000 /dev/zero | tr "\\0" x; echo; echo last', { log: 'loud' });
    const loud = readFileSync(join(agent.state, 'logs/loud.log'), 'utf8');
    expect(loud.length).toBeLessThan(1_000_000);
    expect(loud).toMatch(/\nfirst\n.*… \d+ bytes left out ….*last\n\[exit 0\]\n$/s);
  });
});

describe('what a task leaves running', () => {
  test('does not hold it up, is told, and kept until the agent ends', async () => {
    const agent = await greetedAgent();
    const said = await agent.run('sleep 1000 & echo started');
    expect(said).toMatchObject({ exitCode: 0, stdout: 'started\n', left: [{ command: 'sleep 1000' }] });
    expect(said.durationMs).toBeLessThan(20_000);
    const pid = said.left[0]?.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    await agent.close();
    expect(isAlive(pid)).toBe(false);
  });

  test('may go on writing where nobody reads', async () => {
    const agent = await greetedAgent();
    const command =
      '(until [ -e go ]; do sleep 0.1; done; echo late; echo late; echo alive > alive; exec sleep 1000) & echo started';
    expect(await agent.run(command)).toMatchObject({ stdout: 'started\n' });
    writeFileSync(join(agent.work, 'go'), '');
    await vi.waitFor(() => expect(existsSync(join(agent.work, 'alive'))).toBe(true), 30_000);
  });

  test('is ended when that is asked for, be it in a session of its own or without its environment', async () => {
    const agent = await greetedAgent();
    const command = 'setsid sleep 1000 & env -i sleep 2000 & (setsid env -i sleep 3000; true) & sleep 0.3';
    const { left } = await agent.run(command, { leftovers: 'kill' });
    expect(left.map((process) => process.command).sort()).toEqual(
      expect.arrayContaining(['sleep 1000', 'sleep 2000', 'sleep 3000']),
    );
    expect(left.filter(({ pid }) => isAlive(pid))).toEqual([]);
  });

  /** Without its environment, in a session of its own, and a child of nobody that is known. */
  const escaping = '(setsid env -i sleep 3000 >/dev/null 2>&1 &); sleep 0.3';

  test.runIf(canMakeGroups)('does not escape by clearing, leaving and losing all that it has', async () => {
    const agent = await greetedAgent();
    const { left } = await agent.run(escaping, { leftovers: 'kill' });
    expect(left).toMatchObject([{ command: 'sleep 3000' }]);
    expect(left.filter(({ pid }) => isAlive(pid))).toEqual([]);
    const kept = (await agent.run(escaping)).left;
    expect(kept.map(({ pid }) => isAlive(pid))).toEqual([true]);
    await agent.close();
    expect(kept.map(({ pid }) => isAlive(pid))).toEqual([false]);
  });

  test.runIf(canMakeGroups)('ends after an agent that was killed, too', async () => {
    const agent = await greetedAgent();
    const [{ pid } = { pid: 0 }] = (await agent.run(escaping)).left;
    expect(isAlive(pid)).toBe(true);
    agent.child.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 30_000);
  });

  test('that writes without end holds nothing up either', async () => {
    const agent = await greetedAgent();
    const said = await agent.run('yes & echo $!');
    expect(said.left).toMatchObject([{ command: 'yes' }]);
    process.kill(said.left[0]?.pid ?? 0, 'SIGKILL');
  });
});

describe('a task that is cancelled', () => {
  test.runIf(canMakeGroups)('ends with what escaped from it', async () => {
    const agent = await greetedAgent();
    const cancel = new CancellationTokenSource();
    const daemon = '(setsid env -i sh -c "echo \\$\\$ >pid; exec sleep 3000" >/dev/null 2>&1 &)';
    const streams = [agent.streams.read(), agent.streams.read()];
    const [stdout = 0, stderr = 0] = streams.map(({ id }) => id);
    const command = `${daemon}; sleep 1000`;
    const params = { command, cwd: agent.work, leftovers: 'keep', stdout, stderr } as const;
    const task = agent.call('task', params, cancel.token);
    task.catch(() => undefined);
    const pid = () => Number(readFileSync(join(agent.work, 'pid'), 'utf8'));
    await vi.waitFor(() => expect(pid()).toBeGreaterThan(0), 10_000);
    cancel.cancel();
    await expect(task).rejects.toThrow();
    expect(isAlive(pid())).toBe(false);
  });

  test('ends with all its processes, also those that do not heed SIGTERM', async () => {
    const agent = await greetedAgent();
    const cancel = new CancellationTokenSource();
    const command = 'trap "" TERM; sleep 1000 & echo $$ $! > pids; wait; sleep 1000';
    const streams = [agent.streams.read(), agent.streams.read()];
    const [stdout = 0, stderr = 0] = streams.map(({ id }) => id);
    const params = { command, cwd: agent.work, leftovers: 'keep', stdout, stderr } as const;
    const task = agent.call('task', params, cancel.token);
    task.catch(() => undefined);
    const pids = () => readFileSync(join(agent.work, 'pids'), 'utf8').trim().split(' ').map(Number);
    await vi.waitFor(() => expect(pids()).toHaveLength(2));
    cancel.cancel();
    await expect(task).rejects.toThrow();
    expect(pids().filter(isAlive)).toEqual([]);
  });

  test('by an input that breaks off: it must not take what came for the whole', async () => {
    const agent = await greetedAgent();
    const stdin = agent.streams.write();
    const task = agent.run('cat > half && mv half whole', { stdin: stdin.id });
    task.catch(() => undefined);
    stdin.write('half of it');
    await vi.waitFor(() => expect(readFileSync(join(agent.work, 'half'), 'utf8')).toBe('half of it'));
    stdin.destroy(new Error('the file was cut'));
    expect(await task).toMatchObject({ signal: 'SIGTERM' });
    expect(existsSync(join(agent.work, 'whole'))).toBe(false);
  });

  test('one whose reader has gone meets a broken pipe', async () => {
    const agent = await greetedAgent();
    const [stdout, stderr] = [agent.streams.read(), agent.streams.read()];
    const ids = { stdout: stdout.id, stderr: stderr.id };
    const task = agent.call('task', { command: ['yes'], leftovers: 'keep', ...ids });
    stdout.once('data', () => stdout.destroy());
    stderr.resume();
    expect((await task).exitCode ?? (await task).signal).toBeOneOf([1, 'SIGPIPE']);
  });
});

describe('reading a file', () => {
  const read = async (path: string, maxBytes = 100) => {
    const agent = await greetedAgent();
    const stream = agent.streams.read();
    const said = text(stream);
    said.catch(() => undefined);
    await agent.call('readFile', { path, maxBytes, to: stream.id });
    return said;
  };

  test('gives its bytes, also where it has no size', async () => {
    expect(await read('/proc/self/comm')).toMatch(/^(node|MainThread)\n$/);
  });

  test.each([
    ['/nowhere', 'No such file or directory'],
    ['/etc', 'Is a directory'],
    ['/dev/zero', 'it has more than 100 bytes'],
  ])('of %s is refused', async (path, why) => {
    await expect(read(path)).rejects.toThrow(`cannot read '${path}': ${why}`);
  });
});
