import { expect, test } from 'vitest';
import { connectNode } from '../../../main/cluster/connect-node.ts';
import type { Connector } from '../../../main/cluster/connector.ts';
import type { PlannedNode } from '../../../main/cluster/node.ts';
import { Secrets } from '../../../main/secrets/secrets.ts';
import { runContext } from '../../fakes/run-context.ts';

test('an agent has as long to greet us as the node has to be connected: an emulated machine is slow', async () => {
  const asked: unknown[] = [];
  const connector = {
    connect: async () => ({
      closed: new Promise(() => undefined),
      [Symbol.asyncDispose]: async () => undefined,
    }),
    startAgent: async (_: unknown, { within }: { within?: number }) => {
      asked.push(within);
      throw new Error('enough');
    },
  };
  const options = {
    ...{ runId: 'r', timeout: 300, secrets: new Secrets() },
    ...{ onDied: () => undefined, onClock: () => undefined },
  };
  const planned = { id: 0, machine: { id: 0, ssh: {} } } as unknown as PlannedNode;
  await expect(
    connectNode(planned, connector as unknown as Connector, options, runContext()),
  ).rejects.toThrow('enough');
  expect(asked).toEqual([300]);
});
