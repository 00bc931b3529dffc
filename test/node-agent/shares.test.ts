import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { AgentProcess, isAlive } from './agent-process.ts';
import { temporaryFolder } from './temporary.ts';

/** Agents of one node, which is a state folder; each is ended with the test. */
function node(): (share?: string) => AgentProcess {
  const folder = temporaryFolder();
  const work = join(folder, 'work');
  mkdirSync(work);
  return (share) => {
    const args = share === undefined ? [] : ['--shared', share];
    const agent = new AgentProcess(join(folder, 'state'), work, { args });
    onTestFinished(async () => void (await agent.close()));
    return agent;
  };
}

/** A task's process, which ends when it is ended. */
async function sleeper(agent: AgentProcess): Promise<number> {
  await agent.run('sleep 300 & echo $! > pid', { cwd: agent.work });
  return Number(readFileSync(join(agent.work, 'pid'), 'utf8'));
}

test('shares of a node stand beside one another, each with a state of its own', async () => {
  const agentOf = node();
  const [ann, bob] = [agentOf('ann'), agentOf('bob')];
  await ann.hello('r1', 'ann@one');
  await bob.hello('r2', 'bob@two');
  const [hers, his] = [await sleeper(ann), await sleeper(bob)];
  await ann.close();
  expect([isAlive(hers), isAlive(his)], 'who ends ends only what is its own').toEqual([false, true]);
});

test('a share that is taken is given to nobody else until its agent has ended', async () => {
  const agentOf = node();
  const first = agentOf('ann');
  await first.hello('r1');
  const second = agentOf('ann').hello('r2');
  const early = await Promise.race([second.then(() => 'taken'), sleep(300, 'waits')]);
  expect(early).toBe('waits');
  await first.close();
  await second;
});

test('a run and a distribution refuse each other by name', async () => {
  const agentOf = node();
  const share = agentOf('here-ann-shop');
  await share.hello('d1', 'ann@one');
  await expect(agentOf().hello('r1')).rejects.toMatchObject({
    message: expect.stringMatching(
      /^the node is shared: it is in use by the distribution here-ann-shop, run d1 of ann@one/,
    ),
  });
  await share.close();
  const run = agentOf();
  await run.hello('r2', 'bob@two');
  await expect(agentOf('here-ann-shop').hello('d2')).rejects.toMatchObject({
    message: expect.stringMatching(/^the node is in use by run r2 of bob@two since/),
  });
});

test('a killed agent’s share is cleaned up by its guard, under the same key', async () => {
  const agentOf = node();
  const agent = agentOf('ann');
  await agent.hello();
  const pid = await sleeper(agent);
  agent.child.kill('SIGKILL');
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('an agent ends as soon after the main host’s last word as it was told to', async () => {
  const agent = node()('ann');
  await agent.hello('r1', 'me@here', { aliveWithin: 6 });
  const pid = await sleeper(agent);
  // Nothing is said to it from here on, and its stdin stays open.
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test('ranges of ports are each agent’s own, and those on which somebody listens are left out', async () => {
  const agentOf = node();
  const [ann, bob] = [agentOf('ann'), agentOf('bob')];
  await Promise.all([ann.hello(), bob.hello()]);
  const ask = { ranges: 40, size: 20 };
  const [hers, his] = await Promise.all([ann.call('takePorts', ask), bob.call('takePorts', ask)]);
  expect(new Set([...hers.ports, ...his.ports]).size).toBe(80);
  await ann.close();
  const again = agentOf('ann');
  await again.hello();
  expect((await again.call('takePorts', ask)).ports, 'it finds its ports again').toEqual(hers.ports);
});
