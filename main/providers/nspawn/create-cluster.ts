import { join } from 'node:path';
import { processIdentity } from '../../../common/processes/process-identity.ts';
import type { RunContext } from '../../context/run-context.ts';
import { accountOf } from '../account-of.ts';
import type { ClusterState } from '../host/cluster-state.ts';
import { mustHaveMemory } from '../host/container-memory.ts';
import { machineAt } from '../host/machine-at.ts';
import { readCreation } from '../host/read-creation.ts';
import { readResolver } from '../host/resolver.ts';
import { runAsRoot } from '../host/root-script.ts';
import { subnetCandidates } from '../host/subnets.ts';
import type { Cluster, MachinesSpec } from '../provider.ts';
import { containerPlan, layersOf, memoryLimit, systemsOf, treesOf } from './container-plan.ts';
import { createScript } from './create-script.ts';
import { layersFolder } from './layers/layers.ts';
import { nodeNames } from './names.ts';
import { settingsOf } from './nspawn-options.ts';

/** Makes the containers of a cluster and boots them, as `Provider.create`. */
export async function createCluster(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
  const settings = settingsOf(spec.options);
  const { cluster, login, shares, volatile = false } = spec;
  const { user, publicKey } = accountOf('nspawn', login);
  mustHaveMemory(spec.machines, (id) => memoryLimit(settings, id));
  const resolver = await readResolver();
  const systems = systemsOf(spec.machines, settings);
  const trees = await treesOf(systems, settings, spec.rebuild === true, ctx);
  const subnets = await subnetCandidates(cluster, resolver.servers);
  const keys = layersOf(spec.machines);
  const containers = spec.machines.map((machine) => containerPlan(machine, settings, systems, keys));
  const layers = keys.map((key) => join(layersFolder, key));
  const state: ClusterState = { id: cluster, owner: processIdentity() };
  const { internet } = settings;
  const plan = { cluster, trees, state, subnets, containers, user, publicKey, resolver, shares, internet };
  const printed = await runAsRoot(createScript({ ...plan, layers, volatile }), {
    signal: ctx.signal,
    failure: {
      message: 'could not make the nspawn containers',
      phase: 'machines',
      hint: "'shakedown doctor' says what this machine lacks",
    },
  });
  const net = readCreation(printed, ctx);
  const machines = spec.machines.map((machine, index) =>
    machineAt(net, machine, login, {
      hostKey: containers[index]?.publicHostKey,
      consoleLog: nodeNames(cluster, machine.id).console,
    }),
  );
  return { id: cluster, provider: 'nspawn', machines, mainAddress: `${net}.1`, borrowed: false };
}
