import { type PhaseName, phaseNames } from '../../common/results.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import type { Node, PlannedNode } from '../cluster/node.ts';
import { type NodeProgress, nodePhases } from './node-phases.ts';
import type { Preparation } from './phase.ts';
import { takeOverServices } from './take-over.ts';

/**
 * Takes one node from a bare machine to running services. Nodes do this side by side and do not wait for one
 * another: what needs them all comes after. Throws what its first failing phase threw.
 */
export async function prepareNode(planned: PlannedNode, preparation: Preparation): Promise<Node> {
  const { step, from, reaches, scenario, ctx, others } = preparation;
  const { machine } = planned;
  const node = await step('connect', () => preparation.connect(planned), machine);
  others.isConnected(node);
  await takeOverServices(node, preparation);
  // A service that has ended since is started for the checks, too.
  const first = from === 'check' ? 'start' : from;
  let progress: NodeProgress = { node, unchanged: [] };
  for (const { name, limit, take } of nodePhases) {
    if (isBefore(name, first) || !reaches(name)) continue;
    const time = { what: `'${name}'`, seconds: limit?.(scenario.timeouts), signal: ctx.signal };
    const within = (signal: AbortSignal) => take(progress, { ...preparation, ctx: { ...ctx, signal } });
    progress = await step(name, () => withTimeLimit(time, within), machine);
  }
  return node;
}

const isBefore = (phase: PhaseName, other: PhaseName): boolean =>
  phaseNames.indexOf(phase) < phaseNames.indexOf(other);
