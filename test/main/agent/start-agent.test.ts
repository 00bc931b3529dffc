import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ShakedownError, TimeLimitError } from '../../../common/errors.ts';
import type { Agent } from '../../../main/agent/agent.ts';
import { startAgent } from '../../../main/agent/start-agent.ts';
import { ConnectionLostError } from '../../../main/remotes/connection-errors.ts';
import { LocalRemote } from './local-remote.ts';

// Made once for all tests of this machine, as a main host does.
const cacheDir = join(tmpdir(), 'shakedown-test-cache');

interface Started {
  readonly agent: Agent;
  readonly remote: LocalRemote;
  readonly work: string;
  readonly folder: string;
  readonly lines: string[];
}

async function start(
  folder = mkdtempSync(join(tmpdir(), 'shakedown-test-')),
  more: { clock?: () => number; runId?: string } = {},
): Promise<Started> {
  const remote = new LocalRemote({ SHAKEDOWN_AGENT_STATE: join(folder, 'state') });
  const work = join(folder, 'work');
  mkdirSync(work, { recursive: true });
  const lines: string[] = [];
  const tell = (line: string) => void lines.push(line);
  const agent = await startAgent(remote, {
    cacheDir,
    runId: 'run-1',
    listener: { log: tell, progress: tell },
    signal: new AbortController().signal,
    log: tell,
    nodeCache: join(folder, 'cache'),
    ...more,
  });
  onTestFinished(async () => {
    await agent[Symbol.asyncDispose]();
    // The guard of an agent that was killed may still write there.
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  return { agent, remote, work, folder, lines };
}

const sleeper = (work: string, name = 'web') => ({
  workingDir: work,
  service: { name, command: 'exec sleep 1000', readyWithin: 60, stopWithin: 5 },
});

describe('starting an agent', () => {
  test('sends the runtime and the agent once, by their digests, and then one look is enough', async () => {
    const { folder, agent, lines } = await start();
    expect(agent.info).toMatchObject({ arch: process.arch, pid: expect.any(Number) });
    expect(lines.filter((line) => line.startsWith('sent '))).toHaveLength(3);
    await agent[Symbol.asyncDispose]();
    const again = await start(folder);
    expect(again.lines).toEqual([]);
    expect(again.remote.commands).toEqual([]);
    expect(again.remote.children).toHaveLength(1);
  });

  test('an agent that cannot run says why', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
    const broken = join(folder, 'node');
    writeFileSync(broken, '#!/bin/sh\necho "GLIBC_2.28 not found" >&2\nexit 1\n');
    chmodSync(broken, 0o755);
    process.env.SHAKEDOWN_NODE_RUNTIME = broken;
    onTestFinished(() => void delete process.env.SHAKEDOWN_NODE_RUNTIME);
    await expect(start(folder)).rejects.toMatchObject({
      message: 'the agent on the node ended with exit code 1',
      details: { lastLines: ['GLIBC_2.28 not found'], exitCode: 1 },
    });
  });
});

describe('calling', () => {
  test('gives the result', async () => {
    const { agent, work } = await start();
    await agent.call('startService', sleeper(work));
    expect(await agent.call('services', {})).toMatchObject([{ name: 'web', state: 'ready' }]);
  });

  test('a failure on the node is a ShakedownError with what the agent knows', async () => {
    const { agent, work } = await start();
    const service = { name: 'web', command: 'echo no config; exit 2', readyWithin: 5, stopWithin: 5 };
    const error = await agent
      .call('startService', { workingDir: work, service })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ShakedownError);
    expect(error).toMatchObject({ verdict: 'fail', details: { exitCode: 2, lastLines: ['no config'] } });
  });

  test('past its time limit it is a TimeLimitError', async () => {
    const { agent, work } = await start();
    const service = {
      name: 'x',
      command: 'sleep 1000',
      ready: { command: 'false' },
      readyWithin: 100,
      stopWithin: 1,
    };
    const call = agent.call('startService', { workingDir: work, service }, { timeout: 0.2 });
    await expect(call).rejects.toBeInstanceOf(TimeLimitError);
  });

  test('an aborted signal ends the work on the node too', async () => {
    const { agent, work } = await start();
    const controller = new AbortController();
    const command = 'echo $$ > pid; exec sleep 1000';
    const call = agent.exec(command, { cwd: work, signal: controller.signal });
    call.catch(() => undefined);
    const pid = await pidIn(work);
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    await vi.waitFor(() => expect(isRunning(String(pid))).toBe(false));
  });

  test('a service that dies is told to those who listen, also to latecomers', async () => {
    const { agent, work } = await start();
    const early = vi.fn();
    agent.onServiceDied(early);
    const { pid } = await agent.call('startService', sleeper(work));
    process.kill(pid ?? 0, 'SIGKILL');
    await vi.waitFor(() =>
      expect(early).toHaveBeenCalledWith(expect.objectContaining({ name: 'web', signal: 'SIGKILL' })),
    );
    const late = vi.fn();
    agent.onServiceDied(late);
    expect(late).toHaveBeenCalledTimes(1);
  });
});

describe('the end', () => {
  test('disposing stops the services, and later calls say so', async () => {
    const { agent, work } = await start();
    const { pid } = await agent.call('startService', sleeper(work));
    await agent[Symbol.asyncDispose]();
    expect(isRunning(String(pid))).toBe(false);
    await expect(agent.call('services', {})).rejects.toThrow('dismissed');
  });

  test('a lost connection fails the calls under way with ConnectionLostError, and the node cleans up', async () => {
    const { agent, remote, work } = await start();
    const { pid } = await agent.call('startService', sleeper(work));
    const call = agent.exec('sleep 1000', { cwd: work });
    setTimeout(() => remote.cut(), 50);
    await expect(call).rejects.toBeInstanceOf(ConnectionLostError);
    await expect(agent.call('services', {})).rejects.toBeInstanceOf(ConnectionLostError);
    await vi.waitFor(() => expect(isRunning(String(pid))).toBe(false));
  });

  test('an agent that dies fails the calls under way, with its way of ending', async () => {
    const { agent, work } = await start();
    const command = 'echo $$ > pid; exec sleep 1000';
    const call = agent.exec(command, { cwd: work });
    const told = expect(call).rejects.toMatchObject({
      message: 'the agent on the node was ended by SIGKILL',
      details: { hint: expect.stringContaining('dmesg') },
    });
    const left = await pidIn(work);
    process.kill(agent.info.pid, 'SIGKILL');
    await told;
    process.kill(left);
  });
});

/** What a command wrote into the file `pid` there. */
const pidIn = (work: string): Promise<number> =>
  vi.waitFor(() => {
    const text = readFileSync(join(work, 'pid'), 'utf8');
    expect(text).toMatch(/\d\n/);
    return Number(text);
  });

/** Neither gone nor a zombie that nobody asked about. */
function isRunning(pid: string): boolean {
  const file = `/proc/${pid}/status`;
  return existsSync(file) && !/^State:\tZ/m.test(readFileSync(file, 'utf8'));
}
