import { describe, expect, test } from 'vitest';
import type { Agent } from '../../../main/agent/agent.ts';
import { lookAtClock } from '../../../main/cluster/node-clock.ts';

const agentThat = (answer: () => Promise<{ clockMs: number }>): Agent => ({ call: answer }) as never;

async function look(answer: () => Promise<{ clockMs: number }>, times: number[]) {
  const told: object[] = [];
  const ctx = { clock: () => times.shift() ?? 0, signal: new AbortController().signal };
  await lookAtClock({ id: 2, agent: agentThat(answer) }, (measure) => told.push(measure), ctx);
  return told;
}

describe('a look at a node’s clock', () => {
  test('takes it to have been told in the middle of the round trip, give or take half of it', async () => {
    // Both clocks tell whole ms: one more.
    expect(await look(async () => ({ clockMs: 5500 }), [1000, 1100])).toEqual([
      { node: 2, offsetMs: 4450, uncertaintyMs: 51 },
    ]);
  });

  test('tells nothing of a node that does not answer, and does not throw', async () => {
    expect(await look(() => Promise.reject(new Error('lost')), [1000])).toEqual([]);
  });
});
