import { type PhaseName, phaseNames } from '../../common/results.ts';
import type { Node, PlannedNode } from '../cluster/node.ts';
import { clean } from './clean.ts';
import { install } from './install.ts';
import type { Preparation } from './phase.ts';
import { setUp } from './setup.ts';
import { ship } from './ship.ts';
import { startServices } from './start.ts';

/**
 * Takes one node from a bare machine to running services. Nodes do this side by side and do not wait for one
 * another: what needs them all comes after. Throws what its first failing step threw.
 */
export async function prepareNode(planned: PlannedNode, preparation: Preparation): Promise<Node> {
  const { step, from, reaches, ctx } = preparation;
  const take = <T>(phase: PhaseName, action: () => Promise<T>, skipped: T): Promise<T> =>
    phaseNames.indexOf(phase) < phaseNames.indexOf(from) || !reaches(phase)
      ? Promise.resolve(skipped)
      : step(phase, action, planned.machine);

  const node = await step('connect', () => preparation.connect(planned), planned.machine);
  const unchanged = await take('clean', () => clean(node, ctx), []);
  await take('ship', () => ship(node, unchanged, preparation), undefined);
  const heldBack = await take('install', () => install(node, preparation), []);
  await take('setup', () => setUp(node, preparation), undefined);
  await take('start', () => startServices(node, heldBack, preparation), undefined);
  return node;
}
