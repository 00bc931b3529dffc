import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type AgentProcess, greetedAgent, isAlive } from './agent-process.ts';
import { temporaryFolder } from './temporary.ts';

const web = { name: 'web', command: 'echo one; exec sleep 1000', readyWithin: 60, stopWithin: 5 };

/** An agent with a service that is held, which ends with the test. */
async function held(service: typeof web = web) {
  const folder = temporaryFolder();
  onTestFinished(async () => {
    const last = await greetedAgent(folder);
    await last.call('release', {});
    await last.close();
  });
  const agent = await greetedAgent(folder);
  const { pid = 0 } = await agent.start(service);
  await agent.call('hold', {});
  return { folder, agent, pid };
}

const takenUp = (agent: AgentProcess, service: typeof web = web) =>
  agent.call('resume', { services: [service], workingDir: agent.work });

describe('services that are held', () => {
  test.each(['its channel closes', 'it is killed'])('go on when %s, and tasks do not', async (how) => {
    const { agent, pid } = await held();
    await agent.run('sleep 1000 & echo $! > bg');
    const background = Number(readFileSync(join(agent.work, 'bg'), 'utf8'));
    if (how === 'it is killed') agent.child.kill('SIGKILL');
    else expect(await agent.close()).toBe(0);
    await vi.waitFor(() => expect(isAlive(background)).toBe(false), 60_000);
    expect(isAlive(pid)).toBe(true);
  });

  test('go on beside an agent that asks nothing of them, and end by `release`', async () => {
    const { folder, agent, pid } = await held();
    await agent.close();
    const visitor = await greetedAgent(folder);
    await visitor.close();
    expect(isAlive(pid)).toBe(true);
    const last = await greetedAgent(folder);
    await last.call('release', {});
    expect(isAlive(pid)).toBe(false);
  });

  test('end by `clean`; what is started after it ends with its agent', async () => {
    const { folder, agent, pid } = await held();
    await agent.close();
    const next = await greetedAgent(folder);
    await next.call('clean', { workingDir: next.work, keep: [] });
    expect(isAlive(pid)).toBe(false);
    const { pid: again = 0 } = await next.start(web);
    await next.close();
    expect(isAlive(again)).toBe(false);
  });

  test('are gone on with by the agent that starts them, its log and its end included', async () => {
    const { folder, agent, pid } = await held();
    await agent.close();
    const next = await greetedAgent(folder);
    expect(await takenUp(next)).toMatchObject([{ name: 'web', state: 'ready' }]);
    const log = { ...web, ready: { log: '^one$' } };
    expect(await next.start(log)).toMatchObject({ state: 'ready', pid, lastLines: ['one'] });
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(next.died).toMatchObject([{ name: 'web' }]), 60_000);
    const { pid: another, state } = await next.start(web);
    expect(state).toBe('ready');
    expect(another).not.toBe(pid);
  });

  test('are stopped and killed by an agent that went on with them', async () => {
    const { folder, agent, pid } = await held();
    await agent.close();
    const next = await greetedAgent(folder);
    await takenUp(next);
    await next.start(web);
    await next.call('killService', { name: 'web', signal: 'KILL' });
    expect(isAlive(pid)).toBe(false);
    expect(next.died).toEqual([]);
    const { pid: another = 0 } = await next.start(web);
    await next.close();
    const last = await greetedAgent(folder);
    await takenUp(last);
    expect(await last.call('stopService', { name: 'web' })).toMatchObject({ state: 'stopped' });
    expect(isAlive(another)).toBe(false);
  });

  test('that have ended since are started again, what they left running ended first', async () => {
    const left = { ...web, command: 'setsid sleep 1000 & echo $! > left; exec sleep 1000' };
    const { folder, agent, pid } = await held(left);
    await agent.close();
    const child = Number(readFileSync(join(agent.work, 'left'), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
    const next = await greetedAgent(folder);
    await takenUp(next, left);
    expect(await next.start(left)).toMatchObject({ state: 'ready' });
    expect(isAlive(child)).toBe(false);
  });

  test('are found also where a program has cleared its mark', async () => {
    const bare = { ...web, command: 'exec env -i sleep 1000' };
    const { folder, agent, pid } = await held(bare);
    await agent.close();
    expect(isAlive(pid)).toBe(true);
    const next = await greetedAgent(folder);
    expect(await takenUp(next, bare)).toMatchObject([{ state: 'ready' }]);
    expect(await next.start(bare)).toMatchObject({ state: 'ready', pid });
    await next.close();
    const last = await greetedAgent(folder);
    await last.call('release', {});
    expect(isAlive(pid)).toBe(false);
  });
});
