import { expect, test } from 'vitest';
import type { Node } from '../../../main/cluster/node.ts';
import { startOrder } from '../../../main/config/order/start-order.ts';
import { OtherNodes } from '../../../main/phases/other-nodes.ts';
import type { Preparation } from '../../../main/phases/phase.ts';
import { startServices } from '../../../main/phases/start.ts';

/** What the agent is asked in phase `start`, as in a run that begins there. */
async function askedOf(packages: readonly string[]): Promise<unknown[]> {
  const asked: unknown[] = [];
  const services = [
    { name: 'web', unit: 'web.service' },
    { name: 'own', command: './own' },
  ];
  const config = { packages, debs: [], aptSources: [], services, workingDir: '/srv/work' };
  const agent = { call: async (method: string, params: unknown) => void asked.push([method, params]) };
  const node = { id: 0, name: 'node0' };
  const preparation = {
    ctx: { emit: () => undefined },
    scenario: { timeouts: { start: 60, stop: 10 } },
    order: startOrder([{ node, services }]),
    others: new OtherNodes(),
  };
  await startServices({ id: 0, config, agent } as unknown as Node, preparation as unknown as Preparation);
  return asked;
}

test('what is held back on the node is started by a run that did not install it, but for the units of services', async () =>
  expect((await askedOf(['web']))[0]).toEqual(['startHeldBack', { except: ['web.service'] }]));

test('a config that installs nothing starts nothing that is held back', async () =>
  expect(await askedOf([])).toEqual([
    ['startService', expect.anything()],
    ['startService', expect.anything()],
  ]));
