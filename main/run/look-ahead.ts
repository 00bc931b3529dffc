import { planNodes } from '../phases/plan.ts';
import { wantedMachines } from './machines/make-machines.ts';
import type { RunRequest } from './run-request.ts';
import type { World } from './world/world.ts';

/** Finds mistakes in configs and templates before there is any machine. Throws UsageError that names them. */
export async function lookAhead(
  { scenario, reuse }: Pick<RunRequest, 'scenario' | 'reuse'>,
  world: World,
): Promise<void> {
  if (reuse) return;
  await world.mustBeInstallable(scenario.packages);
  const provider = await world.provider(scenario.provider);
  const machines = await provider.preview(wantedMachines(scenario));
  await planNodes(scenario, machines, world.env);
}
