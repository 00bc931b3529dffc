import { present } from '../../../common/present.ts';
import type { Cluster } from '../../providers/provider.ts';
import { writeKeptCluster } from '../../store/kept-cluster.ts';
import type { Foundation } from '../layers/foundation.ts';
import type { OpenRun } from '../open-run.ts';
import type { RunRequest } from '../run-request.ts';
import type { World } from '../world/world.ts';
import { makeMachines, newClusterId } from './make-machines.ts';
import { wantedMachines } from './wanted-machines.ts';

/** What of a request says which machines are wanted. */
export type MachinesRequest = Pick<RunRequest, 'scenario' | 'flags' | 'reuse' | 'rebuild'> &
  Partial<Foundation>;

/** Makes or borrows the machines, or takes those that an earlier run kept. Throws as the provider does. */
export async function machinesFor(
  { scenario, reuse, rebuild = false, layers }: MachinesRequest,
  world: World,
  { work, emit, name }: OpenRun,
): Promise<Cluster> {
  const { whyProvider: message } = scenario;
  if (message !== undefined) emit({ type: 'note', message, phase: 'machines' });
  if (reuse) return reuse.kept.cluster;
  const provider = await world.provider(scenario.provider);
  const shares = await world.agentShares(world.cacheDir);
  const options = { of: name, shares, rebuild, within: scenario.timeouts.machines };
  const wanted = wantedMachines(scenario);
  const machines = wanted.machines.map((machine) => ({
    ...machine,
    ...present({ layer: layers?.get(machine.id)?.key }),
  }));
  return makeMachines(newClusterId(), { ...wanted, machines }, provider, options, work);
}

/** Tells who is there, and puts it down in `cluster.json`, for the commands that work on a run's machines. */
export async function rememberMachines(
  cluster: Cluster,
  { scenario, flags, reuse }: MachinesRequest,
  { directory }: World,
  open: OpenRun,
): Promise<void> {
  open.tellNodes(cluster.machines);
  await writeKeptCluster(directory, {
    cluster,
    scenario: scenario.directory,
    flags,
    run: open.store.id,
    workingDirs: reuse?.kept.workingDirs ?? [],
    kept: reuse !== undefined,
  });
}
