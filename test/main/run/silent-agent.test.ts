import { expect, test } from 'vitest';
import { InterruptedError } from '../../../common/errors.ts';
import type { RunEvent } from '../../../common/events.ts';
import { greetAgent } from '../../../main/agent/greet-agent.ts';
import { run } from '../../../main/run/run.ts';
import { fakeScenario, fakeWorld } from '../../fakes/fake-world.ts';
import { agentThatFallsSilent } from '../../fakes/silent-agent.ts';

const patient = {
  ...{ machines: 300, connect: 300, ship: 300, install: 300, setup: 300, start: 300, check: 300, test: 300 },
  ...{ boot: 300, stop: 300, collect: 300, run: 3000 },
};

/** A node whose first agent falls silent when `phase` begins; who comes after it is honest. */
function scenarioOf(phase: string) {
  const scenario = fakeScenario(1, { timeouts: patient });
  const step = { name: 'make', run: 'make', on: 'all', when: 'before' } as const;
  const config = { ...scenario.nodeConfig({} as never, []), setup: [step] };
  const check = { kind: 'command', name: 'it answers', command: 'ask', exitCode: 0, within: 300 } as const;
  return {
    scenario: { ...scenario, nodeConfig: () => config, checks: [{ ...check, on: 'all' as const }] },
    begins: (event: RunEvent) => event.type === 'phase-started' && event.phase === phase,
  };
}

test.concurrent.each([
  ...['connect', 'clean', 'install', 'ship', 'setup', 'start', 'check'].map((phase) => [phase, 130] as const),
  // With the checks over, the verdict stands.
  ['stop', 3],
  ['collect', 0],
] as const)(
  'an agent that falls silent in phase %s holds up nobody after Ctrl-C: it is told whom the run waits for, the evidence ' +
    'comes by another one, and the machines are gone',
  async (phase, exitCode) => {
    const { scenario, begins } = scenarioOf(phase);
    const world = fakeWorld();
    let speaks = true;
    let interruptedAt = Number.NaN;
    const handle = (event: RunEvent) => {
      world.events.push(event);
      if (!begins(event) || !speaks) return;
      speaks = false;
      setTimeout(() => {
        interruptedAt = performance.now();
        world.interrupt();
      }, 100);
    };
    let agents = 0;
    const { connector } = world;
    const startAgent: typeof connector.startAgent = (remote, options) => {
      agents += 1;
      return agents === 1
        ? greetAgent(
            remote,
            agentThatFallsSilent(() => speaks),
            options,
          )
        : connector.startAgent(remote, options);
    };
    const result = await run(
      { scenario, flags: {}, keep: 'never' },
      { ...world, face: { handle, close: () => undefined }, connector: { ...connector, startAgent } },
    );
    expect(result.exitCode).toBe(exitCode);
    // Two minutes, or the limit of the phase, without that.
    expect(performance.now() - interruptedAt).toBeLessThan(40_000);
    expect(world.asked.filter((line) => line === 'destroy')).toEqual(['destroy']);
    if (phase === 'connect') return;
    const notes = world.events.filter((event) => event.type === 'note').map(({ message }) => message);
    expect(notes).toContain('its agent says nothing: 10 s are waited for it');
    expect(world.asked).toContain('reports 0');
    expect(world.asked).toContain('download 0: /srv/work');
  },
);

test('a second Ctrl-C ends also that waiting', async () => {
  const { scenario, begins } = scenarioOf('stop');
  const world = fakeWorld();
  const second = new AbortController();
  let speaks = true;
  const handle = (event: RunEvent) => {
    if (!begins(event)) return;
    speaks = false;
    setTimeout(() => {
      world.interrupt();
      second.abort(new InterruptedError());
    }, 100);
  };
  const startAgent: typeof world.connector.startAgent = (remote, options) =>
    greetAgent(
      remote,
      agentThatFallsSilent(() => speaks),
      options,
    );
  const { failures } = await run(
    { scenario, flags: {}, keep: 'never' },
    {
      ...world,
      ...{ hurry: second.signal, face: { handle, close: () => undefined } },
      connector: { ...world.connector, startAgent },
    },
  );
  expect(failures.map(({ message }) => message).filter((each) => each.includes('said nothing'))).toEqual([]);
  expect(world.asked.filter((line) => line === 'destroy')).toEqual(['destroy']);
});
