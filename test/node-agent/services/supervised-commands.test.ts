import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { AgentProcess, isAlive } from '../agent-process.ts';

// One agent for all: `clean` brings it back to its beginning.
let agent: AgentProcess;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
  agent = new AgentProcess(join(folder, 'state'), join(folder, 'work'));
  await agent.hello();
  await agent.call('clean', { workingDir: agent.work, keep: [] });
});

afterEach(async () => {
  await agent.call('clean', { workingDir: agent.work, keep: [] });
  agent.died.length = 0;
});

afterAll(async () => {
  await agent.close();
  rmSync(dirname(agent.state), { recursive: true });
});

/** A port that something listens on, or (`closed`) nothing does. */
async function port(status: number | 'closed' = 200): Promise<number> {
  const server = createServer((_, response) => response.writeHead(Number(status)).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: number } = server.address() as AddressInfo;
  if (status === 'closed') await new Promise((resolve) => server.close(resolve));
  else onTestFinished(() => void server.close());
  return number;
}

const pidIn = (file: string): Promise<number> =>
  vi.waitFor(() => {
    const pid = Number(readFileSync(file, 'utf8'));
    expect(pid).toBeGreaterThan(1);
    return pid;
  });

describe('starting', () => {
  test('without a probe a command that stays is ready; its output goes to its log', async () => {
    const status = await agent.start({
      name: 'web',
      command: 'echo out; echo err >&2; pwd; exec sleep 1000',
    });
    expect(status).toMatchObject({ name: 'web', state: 'ready', lastLines: ['out', 'err', agent.work] });
    expect(isAlive(status.pid ?? 0)).toBe(true);
    expect(readFileSync(join(agent.state, 'logs/web.log'), 'utf8')).toContain('out\nerr\n');
  });

  test('runs in its own folder with its own environment', async () => {
    const command = 'echo "$PWD $COLOUR"; exec sleep 1000';
    const status = await agent.start({ name: 'web', command, cwd: '/', env: { COLOUR: 'blue' } });
    expect(status.lastLines).toEqual(['/ blue']);
  });

  test.each([
    ['tcp', async () => ({ tcp: await port() })],
    ['http', async () => ({ http: `http://127.0.0.1:${await port()}/health` })],
    [
      'http with a status of its own',
      async () => ({ http: `http://127.0.0.1:${await port(404)}/`, status: 404 }),
    ],
    ['command', async () => ({ command: 'test -e ready' })],
    ['log', async () => ({ log: '^listening on \\d+$' })],
  ])('is ready when its %s probe says so', async (_, probe) => {
    const command = 'sleep 0.1; touch ready; echo listening on 80; exec sleep 1000';
    expect(await agent.start({ name: 'web', command, ready: await probe() })).toMatchObject({
      state: 'ready',
    });
  });

  test.each([
    [
      'tcp',
      async () => ({ tcp: await port('closed') }),
      /last probe: connection refused on port \d+ of 127\.0\.0\.1.*: nothing listens on it/,
    ],
    [
      'http',
      async () => ({ http: `http://127.0.0.1:${await port(503)}/` }),
      /last probe: status 503 from .*, not 200 to 299$/,
    ],
    [
      'command',
      async () => ({ command: 'echo not yet >&2; exit 7' }),
      /last probe: `.*` ended with 7: not yet$/,
    ],
    ['log', async () => ({ log: 'ready' }), /last probe: no line matches \/ready\/ in its log$/],
  ])('a %s probe that never comes true fails with what it saw last', async (_, probe, message) => {
    const attempt = agent.start({
      name: 'web',
      command: 'echo starting; exec sleep 1000',
      ready: await probe(),
      readyWithin: 0.4,
    });
    await expect(attempt).rejects.toMatchObject({
      message: expect.stringMatching(/^service 'web' was not ready after 0.4 s; /),
      data: { verdict: 'fail', lastLines: ['starting'], message: expect.stringMatching(message) },
    });
  });

  test('the cause of a failure is told also when it lies thousands of like lines back', async () => {
    const attempt = agent.start({
      name: 'web',
      command: [
        'echo "dial tcp 10.0.0.3:2380: connect: no route to host"',
        'i=0; while [ $i -lt 3000 ]; do echo "$i: request cluster ID mismatch"; i=$((i+1)); done',
        'exit 3',
      ].join('\n'),
    });
    await expect(attempt).rejects.toMatchObject({
      data: {
        lastLines: [
          'dial tcp 10.0.0.3:2380: connect: no route to host',
          '0: request cluster ID mismatch  (and 2,999 like it)',
        ],
      },
    });
  });

  test('one that ends while it starts fails at once, with its last lines', async () => {
    const begin = performance.now();
    const attempt = agent.start({
      name: 'web',
      command: 'echo bad config; exit 3',
      ready: { tcp: 1 },
      readyWithin: 60,
    });
    await expect(attempt).rejects.toMatchObject({
      data: {
        message: "service 'web' ended with exit code 3 while it started",
        verdict: 'fail',
        exitCode: 3,
        shell: 'bash',
        agoMs: expect.any(Number),
        lastLines: ['bad config'],
      },
    });
    expect(performance.now() - begin).toBeLessThan(30_000);
    expect(agent.died).toEqual([]);
  });

  test('one that goes to the background by itself is told what to do', async () => {
    const attempt = agent.start({ name: 'web', command: 'sleep 1000 &' });
    await expect(attempt).rejects.toMatchObject({ data: { hint: expect.stringContaining('foreground') } });
  });

  test.each([
    ['folder', { cwd: '/proc/nowhere' }, 'the folder /proc/nowhere does not exist'],
    ['user', { user: 'nobody-of-that-name' }, "no user 'nobody-of-that-name'"],
  ])('a %s that does not exist is told', async (_, more, message) => {
    await expect(agent.start({ name: 'web', command: 'true', ...more })).rejects.toThrow(message);
  });

  test('starting it twice leaves the one that runs', async () => {
    const first = await agent.start({ name: 'web', command: 'exec sleep 1000' });
    expect(await agent.start({ name: 'web', command: 'exec sleep 1000' })).toMatchObject({ pid: first.pid });
  });

  test('after it was not ready it can be started again, once', async () => {
    const command = 'echo $$ >> pids; exec sleep 1000';
    await expect(agent.start({ name: 'web', command, ready: { tcp: 1 }, readyWithin: 0.2 })).rejects.toThrow(
      'not ready',
    );
    await agent.start({ name: 'web', command });
    const [first, second] = readFileSync(join(agent.work, 'pids'), 'utf8').trim().split('\n').map(Number);
    expect([isAlive(first ?? 0), isAlive(second ?? 0)]).toEqual([false, true]);
  });
});

describe('ending', () => {
  test('stopping ends all its processes, those in other sessions too', async () => {
    await agent.start({
      name: 'web',
      command: "setsid sh -c 'echo $$ > escaped; exec sleep 1000' & exec sleep 1000",
    });
    const escaped = await pidIn(join(agent.work, 'escaped'));
    expect(await agent.call('stopService', { name: 'web' })).toMatchObject({ state: 'stopped' });
    expect(isAlive(escaped)).toBe(false);
    expect(agent.died).toEqual([]);
  });

  test('what is below a shell that ends at once gets its time to finish', async () => {
    const daemon = "trap 'sleep 0.3; echo saved > saved; exit' TERM; echo up; while :; do sleep 0.05; done";
    writeFileSync(join(agent.work, 'daemon.sh'), daemon);
    await agent.start({ name: 'web', command: 'sh ./daemon.sh; true', ready: { log: 'up' } });
    await agent.call('stopService', { name: 'web' });
    expect(existsSync(join(agent.work, 'saved'))).toBe(true);
  });

  test('one that will not stop is killed after its time', async () => {
    const { pid } = await agent.start({
      name: 'web',
      command: "trap '' TERM; while :; do sleep 0.1; done",
      stopWithin: 0.3,
    });
    await agent.call('stopService', { name: 'web' });
    expect(isAlive(pid ?? 0)).toBe(false);
  });

  test('stopping twice, or what was never started, is fine', async () => {
    await agent.start({ name: 'web', command: 'exec sleep 1000' });
    for (const name of ['web', 'web', 'other']) {
      expect(await agent.call('stopService', { name })).toMatchObject({ state: 'stopped' });
    }
  });

  test('one that dies by itself is told once, with its last lines', async () => {
    await agent.start({
      name: 'web',
      command: 'echo up; sleep 0.4; echo out of luck; exit 9',
      ready: { log: 'up' },
    });
    await vi.waitFor(() => expect(agent.died).toHaveLength(1));
    expect(agent.died[0]).toEqual({
      name: 'web',
      exitCode: 9,
      signal: null,
      agoMs: expect.any(Number),
      lastLines: ['up', 'out of luck'],
    });
    expect(await agent.call('services', {})).toMatchObject([{ name: 'web', state: 'died', exitCode: 9 }]);
    await agent.call('stopService', { name: 'web' });
    expect(agent.died).toHaveLength(1);
  });

  test('one with a long log is told later than it ended, and says when that was', async () => {
    const lines = 'seq -f "%g of many different lines: $RANDOM" 60000';
    await agent.start({ name: 'web', command: `${lines}; sleep 0.3; date +%s%3N > ended; exit 9` });
    await vi.waitFor(() => expect(agent.died).toHaveLength(1));
    const [heardAt, endedAt] = [Date.now(), Number(readFileSync(join(agent.work, 'ended'), 'utf8'))];
    const agoMs = agent.died[0]?.agoMs ?? 0;
    expect(agoMs).toBeGreaterThan(0);
    expect(Math.abs(heardAt - agoMs - endedAt)).toBeLessThan(Math.max(300, heardAt - endedAt));
  });

  test('killing is no death, and it can be started again and then die', async () => {
    const first = await agent.start({ name: 'web', command: 'exec sleep 1000' });
    expect(await agent.call('killService', { name: 'web', signal: 'KILL' })).toMatchObject({
      state: 'stopped',
    });
    const second = await agent.start({ name: 'web', command: 'exec sleep 1000' });
    expect(second.pid).not.toBe(first.pid);
    expect(agent.died).toEqual([]);
    process.kill(second.pid ?? 0, 'SIGKILL');
    await vi.waitFor(() =>
      expect(agent.died).toMatchObject([{ name: 'web', exitCode: null, signal: 'SIGKILL' }]),
    );
  });

  test('one that is paused does not count as asked to end', async () => {
    const { pid } = await agent.start({ name: 'web', command: 'exec sleep 1000' });
    expect(await agent.call('killService', { name: 'web', signal: 'STOP' })).toMatchObject({
      state: 'ready',
    });
    process.kill(pid ?? 0, 'SIGKILL');
    await vi.waitFor(() => expect(agent.died).toHaveLength(1));
  });

  test.each([
    [{ name: 'wbe', signal: 'KILL' }, "no service 'wbe'"],
    [{ name: 'web', signal: 'BANG' }, "'BANG' is not a signal"],
  ])('killing %o is refused', async (params, message) => {
    await agent.start({ name: 'web', command: 'exec sleep 1000' });
    await expect(agent.call('killService', params)).rejects.toThrow(message);
  });
});

test('a log of a gigabyte is neither read whole nor waited for', async () => {
  await agent.start({
    name: 'web',
    command: 'truncate -s 1G "$LOG"; echo; echo the end; exec sleep 1000',
    env: { LOG: join(agent.state, 'logs/web.log') },
  });
  const log = join(agent.state, 'logs/web.log');
  expect(statSync(log).size).toBeGreaterThan(2 ** 30);
  const begin = performance.now();
  const [status] = await agent.call('services', {});
  expect(status?.lastLines.at(-1)).toMatch(/the end$/);
  const brought = (await agent.reports()).get('web.log') ?? Readable.from([]);
  let size = 0;
  let end = '';
  for await (const chunk of brought) {
    size += chunk.length;
    end = chunk.toString('latin1').slice(-10);
  }
  expect(size).toBeLessThan(65 * 2 ** 20);
  expect(end).toBe('the end\n'.padStart(10, end));
  expect(performance.now() - begin).toBeLessThan(20_000);
});
