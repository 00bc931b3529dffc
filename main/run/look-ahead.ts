import type { PlannedNode } from '../cluster/node.ts';
import { planNodes } from '../phases/plan.ts';
import { wantedMachines } from './machines/wanted-machines.ts';
import type { RunRequest } from './run-request.ts';
import type { World } from './world/world.ts';

/**
 * Finds mistakes in configs and templates before there is any machine, and gives the nodes as they may be;
 * none where the machines are there. Throws UsageError that names the mistakes.
 */
export async function lookAhead(
  { scenario, reuse }: Pick<RunRequest, 'scenario' | 'reuse'>,
  world: World,
): Promise<readonly PlannedNode[]> {
  if (reuse) return [];
  await world.mustBeInstallable(scenario.packages);
  const provider = await world.provider(scenario.provider);
  const machines = await provider.preview(wantedMachines(scenario));
  return planNodes(scenario, machines, world.env);
}
