import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { TimeLimitError } from '../../../common/errors.ts';
import type { Agent } from '../../../main/agent/agent.ts';
import { ConnectionLostError } from '../../../main/remotes/connection-errors.ts';
import { isAlive } from '../../node-agent/agent-process.ts';
import { startHere as start } from './agent-here.ts';

const pidIn = (work: string): Promise<number> =>
  vi.waitFor(() => {
    const pid = Number(readFileSync(join(work, 'pid'), 'utf8'));
    expect(pid).toBeGreaterThan(0);
    return pid;
  });

/** Freezes the agent, so that it is silent, until the test is over. */
function freeze(agent: Agent): void {
  process.kill(agent.info.pid, 'SIGSTOP');
  onTestFinished(() => void process.kill(agent.info.pid, 'SIGCONT'));
}

describe('a command', () => {
  test('gives what a command over ssh gives, and what it left', async () => {
    const { agent, work } = await start();
    const said = await agent.exec('echo out; echo err >&2; sleep 1000 & exit 3', { cwd: work });
    expect(said).toMatchObject({
      command: 'echo out; echo err >&2; sleep 1000 & exit 3',
      ...{ exitCode: 3, signal: null, stdout: 'out\n', stderr: 'err\n' },
      left: [{ pid: expect.any(Number), command: 'sleep 1000' }],
    });
    const words = ['printf', '%s|', "it's", '', '$(id)', 'a\nb'];
    expect((await agent.exec(words)).stdout).toBe(words.slice(2).join('|').concat('|'));
    expect((await agent.exec('cat', { stdin: Readable.from(['a', 'b']) })).stdout).toBe('ab');
    await expect(agent.exec('a\0b')).rejects.toThrow('NUL');
    const nobody = agent.exec('true', { user: 'nobody-of-that-name', stdin: 'x' });
    await expect(nobody).rejects.toMatchObject({
      message: "there is no user 'nobody-of-that-name' on the node",
      details: { hint: expect.stringContaining('correct the name') },
    });
  });

  test('costs no other channel, however many run', async () => {
    const { agent, remote } = await start();
    const before = remote.children.length;
    await Promise.all(Array.from({ length: 20 }, () => agent.exec('true')));
    expect(remote.children).toHaveLength(before);
  });

  test('past the bound its output goes to disk whole', async () => {
    const { agent, work } = await start();
    const said = await agent.exec('seq 1 200000', { maxBuffer: 1000, spoolDir: work });
    expect(said.stdout).toHaveLength(1000);
    expect(readFileSync(said.stdoutFile ?? '', 'utf8')).toMatch(/\n200000\n$/);
  });

  test('past its limit all of it is ended, and its last lines are told', async () => {
    const { agent, work } = await start();
    const command = 'echo working; sleep 1000 & echo $! > pid; wait';
    const error = await agent.exec(command, { cwd: work, timeout: 1 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TimeLimitError);
    expect(error).toMatchObject({ details: { command, lastLines: ['working'] } });
    expect(isAlive(await pidIn(work))).toBe(false);
  });

  test('that is broken off has ended when that is told, be it that it heeds no SIGTERM', async () => {
    const { agent, work } = await start();
    const stop = new AbortController();
    const command = 'trap "" TERM; sleep 1000 & echo $! > pid; while :; do wait; done';
    const call = agent.exec(command, { cwd: work, signal: stop.signal });
    const pid = await pidIn(work);
    stop.abort(new Error('interrupted'));
    await expect(call).rejects.toThrow('interrupted');
    expect(isAlive(pid)).toBe(false);
  });

  test('past its limit, of which the node does not say that it has ended, is told as that', async () => {
    const { agent } = await start();
    freeze(agent);
    const error = await agent.exec('sleep 1000', { timeout: 0.1 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TimeLimitError);
    expect(error).toMatchObject({
      message:
        'the command did not finish within 0.1 s, and the node did not say within 10 s more that its processes have ended',
      details: { command: 'sleep 1000', hint: expect.stringContaining('look for them on the node') },
    });
  });

  test('whose input or output breaks off on this side is ended', async () => {
    const { agent, work } = await start();
    const stdin = new Readable({ read: () => undefined });
    setTimeout(() => stdin.destroy(new Error('the file was cut')), 300);
    const reading = agent.exec('echo $$ > pid; cat > half; touch whole', { cwd: work, stdin });
    await expect(reading).rejects.toThrow('the file was cut');
    expect(isAlive(await pidIn(work))).toBe(false);
    expect(statSync(join(work, 'whole'), { throwIfNoEntry: false })).toBeUndefined();
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) });
    await expect(agent.exec('yes', { stdoutTo: full })).rejects.toThrow('disk full');
  });

  test('when the connection is lost, is lost too', async () => {
    const { agent, remote } = await start();
    const call = agent.exec('sleep 1000');
    setTimeout(() => remote.cut(), 50);
    await expect(call).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(agent.exec('true')).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(agent.spawn('true')).rejects.toBeInstanceOf(ConnectionLostError);
  });
});

describe('a silent agent', () => {
  test('holds up nobody who has lost interest', async () => {
    const { agent } = await start();
    freeze(agent);
    const stop = new AbortController();
    const calls = [
      agent.exec('true', { signal: stop.signal }),
      agent.call('clean', { workingDir: '/tmp/x', keep: [] }, { signal: stop.signal }),
      agent.readFile('/etc/hostname', { signal: stop.signal }),
      agent.reports({ sinceMs: 0, units: [] }, () => new Writable(), { signal: stop.signal }),
    ].map((call) => call.catch((error: unknown) => error));
    const begin = performance.now();
    stop.abort(new Error('interrupted'));
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ message: 'interrupted' });
    expect(performance.now() - begin).toBeLessThan(30_000);
  });

  test('is given up at the limit of each call', async () => {
    const { agent } = await start();
    freeze(agent);
    const limit = { timeout: 0.3 };
    const calls: Promise<unknown>[] = [
      agent.exec('true', limit),
      agent.call('services', {}, limit),
      agent.readFile('/etc/hostname', limit),
      agent.reports({ sinceMs: 0, units: [] }, () => new Writable(), limit),
    ];
    const late = { status: 'rejected', reason: expect.any(TimeLimitError) };
    expect(await Promise.allSettled(calls)).toEqual(calls.map(() => late));
  });
});

describe('a task whose streams stay open', () => {
  test('is spoken with, and ended as a whole', async () => {
    const { agent, work } = await start();
    const task = await agent.spawn('echo $$ > pid; while read line; do echo "got $line"; done; sleep 1000', {
      cwd: work,
    });
    task.stdin.write('one\n');
    expect(String(await task.stdout.take(1).toArray())).toBe('got one\n');
    task.kill();
    expect(await task.ended).toEqual({ exitCode: null, signal: null, left: [] });
    expect(isAlive(await pidIn(work))).toBe(false);
  });

  test('tells how it ended', async () => {
    const { agent } = await start();
    const task = await agent.spawn(['sh', '-c', 'cat; exit 4']);
    task.stdin.end('all of it');
    expect(String(await task.stdout.toArray())).toBe('all of it');
    expect(await task.ended).toMatchObject({ exitCode: 4, signal: null, left: [] });
  });
});

describe('files', () => {
  test('are read', async () => {
    const { agent, work } = await start();
    const bytes = Buffer.alloc(3_000_000, 'abc');
    const source = join(work, 'source');
    writeFileSync(source, bytes);
    expect((await agent.readFile(source)).equals(bytes)).toBe(true);
    await expect(agent.readFile(source, { maxBytes: 10 })).rejects.toThrow('more than 10 bytes');
    await expect(agent.readFile('/nowhere')).rejects.toThrow("cannot read '/nowhere': No such file");
  });

  test('travel as trees, there and back', async () => {
    const { agent, work } = await start();
    mkdirSync(join(work, 'tree/below'), { recursive: true });
    writeFileSync(join(work, 'tree/below/file'), 'x');
    await agent.upload(join(work, 'tree'), join(work, 'there'));
    const { files } = await agent.download([join(work, 'there')], join(work, 'home'), { base: work });
    expect(files).toBe(1);
    expect(readFileSync(join(work, 'home/there/below/file'), 'utf8')).toBe('x');
  });

  test('in bulk do not hold up control', async () => {
    const { agent } = await start();
    let come = 0;
    const drop = new Writable({
      write(chunk, _encoding, done) {
        come += chunk.length;
        done();
      },
    });
    const stop = new AbortController();
    // Without an end: an answer that waits for it never comes.
    const bulk = agent.exec('cat /dev/zero', { stdoutTo: drop, signal: stop.signal });
    bulk.catch(() => undefined);
    await vi.waitFor(() => expect(come).toBeGreaterThan(0));
    const ahead: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      const before = come;
      await agent.call('services', {});
      ahead.push(come - before);
    }
    stop.abort(new Error('enough'));
    await expect(bulk).rejects.toThrow('enough');
    // Bytes that came before an answer: a window or two, and what the pipes hold.
    ahead.sort((one, other) => one - other);
    expect(ahead[10]).toBeLessThan(16 * 2 ** 20);
  });
});
