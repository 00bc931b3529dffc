import { describeFailure, ShakedownError, UsageError } from '../../../common/errors.ts';
import { processIdentity } from '../../../common/process-identity.ts';
import type { RunContext } from '../../context.ts';
import { releaseNamed } from '../debian/releases.ts';
import { rootCanBeHad, runAsOwner } from '../host/own-root.ts';
import { readResolver } from '../host/resolver.ts';
import { subnetCandidates } from '../host/subnets.ts';
import { parsedOptions } from '../parsed-options.ts';
import type { Cluster, Login, Machine, MachinesSpec } from '../provider.ts';
import { destroyScript } from './destroy-script.ts';
import { explainStart } from './explain-start.ts';
import { discardTemplate } from './images/template.ts';
import { awaitCloudBoot } from './machines/cloud-boot.ts';
import { type CreatePlan, createScript, folderScript } from './machines/create-script.ts';
import { machineAt, placeOf, reachOf } from './machines/machine-at.ts';
import { planMachines } from './machines/plan-machines.ts';
import { CloneError, wakeMachines } from './machines/wake-machines.ts';
import { machineNames } from './names.ts';
import { runBesideMachines } from './network/namespace.ts';
import { namespaceScript } from './network/namespace-script.ts';
import { userNetwork } from './network/user-network.ts';
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
 * Builds what the machines lie over, unless it is there, and starts them: as clones, or by a boot of their own where
 * that does not work. Throws UsageError, ShakedownError.
 */
export async function makeCluster(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
  const settings = settingsOf(spec.options);
  const account = accountOf(spec.login);
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
  { user, publicKey }: ReturnType<typeof accountOf>,
  ctx: RunContext,
): Promise<Cluster> {
  const { cluster, login } = spec;
  const { machines: plans, images, shares } = await planMachines(spec, settings, ctx);
  const resolver = await readResolver();
  const bridged = settings.network === 'bridge';
  const inNamespace = !rootCanBeHad();
  const subnets = bridged ? await subnetCandidates(cluster, resolver.servers) : [];
  const plan: CreatePlan = {
    cluster,
    state: { id: cluster, owner: processIdentity() },
    images,
    shares,
    // In a network of its own nobody else has any.
    subnets: inNamespace ? subnets.slice(0, 1) : subnets,
    ports: settings.ports,
    machines: plans,
    user,
    publicKey,
    resolver,
    inNamespace,
  };
  const printed = await runCreation(plan, ctx.signal);
  for (const [, note = ''] of printed.matchAll(/^note (.*)$/gm)) ctx.log(note);
  const [, net] = /^net (\S+)$/m.exec(printed) ?? [];
  if (net === undefined) throw new ShakedownError({ message: `no subnet was told: ${printed}` });
  await wakeMachines(cluster, plans, ctx);
  const reach = reachOf(bridged, inNamespace);
  const machines: Machine[] = [];
  // One after the other: slirp4netns takes one request at a time, and refuses the next.
  for (const [index, machine] of spec.machines.entries()) {
    const hostKey = plans[index]?.publicHostKey ?? '';
    const place = await placeOf(machine, { cluster, net, reach }, ctx.signal);
    const consoleLog = machineNames(cluster, machine.id).console;
    machines.push(machineAt(place, machine, login, { consoleLog, hostKey }));
  }
  const [first] = plans;
  if (settings.image !== undefined && first) {
    const { accelerator } = first.hardware;
    await awaitCloudBoot({ id: cluster, machines }, { image: settings.image, accelerator }, ctx);
  }
  const mainAddress = { bridge: `${net}.1`, slirp: undefined, user: userNetwork.main }[reach];
  return {
    id: cluster,
    provider: 'qemu',
    machines,
    ...(mainAddress === undefined ? {} : { mainAddress }),
    borrowed: false,
  };
}

/** Makes what the plan says: all of it as root, or first namespaces and then what is to be in them. */
async function runCreation(plan: CreatePlan, signal: AbortSignal): Promise<string> {
  const failure = { message: 'could not make the virtual machines', phase: 'machines' } as const;
  const options = { signal, failure, explain: explainStart };
  if (!plan.inNamespace) return runAsOwner(folderScript(plan) + createScript(plan), options);
  await runAsOwner(folderScript(plan) + namespaceScript(plan), options);
  return runBesideMachines(plan.cluster, createScript(plan), options);
}
/** Names as Debian's adduser takes them (adduser(8), NAME_REGEX). */
function accountOf({ user = 'root', publicKey }: Login): { user: string; publicKey: string } {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) {
    throw new UsageError(`'${user}' cannot be the name of a user on the nodes.`);
  }
  if (publicKey === undefined) throw new UsageError('qemu: a public key to log in with is needed.');
  return { user, publicKey };
}
