import { describeFailure } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { processIdentity } from '../../../common/processes/process-identity.ts';
import type { RunContext } from '../../context/run-context.ts';
import { type Account, accountOf } from '../account-of.ts';
import { releaseNamed } from '../debian/releases.ts';
import { rootCanBeHad, runAsOwner } from '../host/own-root.ts';
import { readCreation } from '../host/read-creation.ts';
import { readResolver } from '../host/resolver.ts';
import { subnetCandidates } from '../host/subnets.ts';
import { parsedOptions } from '../parsed-options.ts';
import type { Cluster, Machine, MachinesSpec } from '../provider.ts';
import { destroyScript } from './destroy-script.ts';
import { explainStart } from './explain-start.ts';
import { discardTemplate } from './images/template.ts';
import { awaitCloudBoot } from './machines/cloud-boot.ts';
import { type CreatePlan, createScript } from './machines/create-script.ts';
import { addressOf, machineAt } from './machines/machine-at.ts';
import { planMachines } from './machines/plan-machines.ts';
import { CloneError, wakeMachines } from './machines/wake-machines.ts';
import { machineNames } from './names.ts';
import { hostNumbers, reachOf, userSubnet } from './network/addresses.ts';
import { runBesideMachines } from './network/namespace.ts';
import { namespaceScript } from './network/namespace-scripts.ts';
import { type QemuSettings, qemuOptionsSchema } from './qemu-options.ts';
import { mustHaveRoom } from './room.ts';

/** What the options say. Throws UsageError with all that is wrong with them. */
export function settingsOf(options: unknown): QemuSettings {
  const settings = parsedOptions('qemu', qemuOptionsSchema, options);
  const { os, nodes = [{}], image } = settings;
  // Of an image of one's own nobody but its owner knows what it is.
  if (image === undefined) for (const node of nodes) releaseNamed(node.os ?? os);
  return settings;
}

/**
 * Builds what the machines lie over, unless it is there, and starts them: as clones, or by a boot of their
 * own where that does not work. Throws UsageError, ShakedownError.
 */
export async function makeCluster(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
  const settings = settingsOf(spec.options);
  const account = accountOf('qemu', spec.login);
  await mustHaveRoom(settings, spec.machines);
  try {
    return await start(spec, settings, account, ctx);
  } catch (error) {
    if (!(error instanceof CloneError)) throw error;
    ctx.log(`${describeFailure(error.details)}\nthe machines are booted instead`);
    const failure = { message: 'could not take away clones that did not start' };
    await runAsOwner(destroyScript(spec.cluster), { signal: ctx.signal, failure });
    await discardTemplate(error.template, ctx.signal);
    return await start(spec, { ...settings, start: 'cold' }, account, ctx);
  }
}

async function start(
  spec: MachinesSpec,
  settings: QemuSettings,
  { user, publicKey }: Account,
  ctx: RunContext,
): Promise<Cluster> {
  const { cluster, login } = spec;
  const { machines: plans, images, shares } = await planMachines(spec, settings, ctx);
  const inNamespace = !rootCanBeHad();
  const reach = reachOf(settings.network === 'bridge', inNamespace);
  const resolver = await readResolver();
  const plan: CreatePlan = {
    cluster,
    state: { id: cluster, owner: processIdentity() },
    images,
    reach,
    subnets: reach === 'user' ? [userSubnet] : await subnetCandidates(cluster, resolver.servers),
    ports: settings.ports,
    machines: plans,
    user,
    publicKey,
    resolver,
    shares,
    inNamespace,
  };
  const printed = await runCreation(plan, ctx.signal);
  const net = readCreation(printed, ctx);
  await wakeMachines(cluster, plans, ctx);
  const machines: Machine[] = [];
  // One after the other: slirp4netns takes one request at a time, and refuses the next.
  for (const [index, machine] of spec.machines.entries()) {
    const hostKey = plans[index]?.publicHostKey ?? '';
    const address = await addressOf(machine, { cluster, net, reach }, ctx.signal);
    const consoleLog = machineNames(cluster, machine.id).console;
    machines.push(machineAt(address, machine, login, { consoleLog, hostKey }));
  }
  const [first] = plans;
  if (settings.image !== undefined && first) {
    const { accelerator } = first.hardware;
    await awaitCloudBoot({ id: cluster, machines }, { image: settings.image, accelerator }, ctx);
  }
  // Behind slirp4netns this main host has no address that the machines could reach.
  const mainAddress = reach === 'slirp' ? undefined : `${net}.${hostNumbers[reach].gateway}`;
  return { id: cluster, provider: 'qemu', machines, borrowed: false, ...present({ mainAddress }) };
}

/** Makes what the plan says: all of it as root, or first namespaces and then what is to be in them. */
async function runCreation(plan: CreatePlan, signal: AbortSignal): Promise<string> {
  const failure = { message: 'could not make the virtual machines', phase: 'machines' } as const;
  const options = { signal, failure, explain: explainStart };
  if (!plan.inNamespace) return runAsOwner(createScript(plan), options);
  await runAsOwner(namespaceScript(plan), options);
  return runBesideMachines(plan.cluster, createScript(plan), options);
}
