import { describeFailure, ShakedownError, UsageError } from '../../../common/errors.ts';
import { processIdentity } from '../../../common/process-identity.ts';
import type { RunContext } from '../../context.ts';
import { releaseNamed } from '../debian/releases.ts';
import { readResolver } from '../host/resolver.ts';
import { runAsRoot } from '../host/root-script.ts';
import { subnetCandidates } from '../host/subnets.ts';
import type { Cluster, Login, Machine, MachineSpec, MachinesSpec } from '../provider.ts';
import { createScript } from './create-script.ts';
import { destroyScript } from './destroy-script.ts';
import { explainStart } from './explain-start.ts';
import { machineNames } from './names.ts';
import { planMachines } from './plan-machines.ts';
import { type QemuSettings, qemuOptionsSchema } from './qemu-options.ts';
import { mustHaveRoom } from './room.ts';
import { discardTemplate } from './template.ts';
import { userNetwork } from './user-network.ts';
import { CloneError, forwardedPort, wakeMachines } from './wake-machines.ts';

/** What the options say. Throws UsageError with all that is wrong with them. */
export function settingsOf(options: unknown): QemuSettings {
  const parsed = qemuOptionsSchema.safeParse(options);
  if (parsed.success) {
    const { os, nodes = [{}], image } = parsed.data;
    // Of an image of one's own nobody but its owner knows what it is.
    if (image === undefined) for (const node of nodes) releaseNamed(node.os ?? os);
    return parsed.data;
  }
  const issues = parsed.error.issues.map(({ path, message }) => ['qemu', ...path, message].join(': '));
  throw new UsageError(issues.join('\n'));
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
    await runAsRoot(destroyScript(spec.cluster), { signal: ctx.signal, failure });
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
  const script = createScript({
    cluster,
    state: { id: cluster, owner: processIdentity() },
    images,
    shares,
    subnets: bridged ? await subnetCandidates(cluster, resolver.servers) : [],
    ports: settings.ports,
    machines: plans,
    user,
    publicKey,
    resolver,
  });
  const printed = await runAsRoot(script, {
    signal: ctx.signal,
    failure: { message: 'could not make the virtual machines', phase: 'machines' },
    explain: explainStart,
  });
  for (const [, note = ''] of printed.matchAll(/^note (.*)$/gm)) ctx.log(note);
  const [, net] = /^net (\S+)$/m.exec(printed) ?? [];
  if (net === undefined) throw new ShakedownError({ message: `no subnet was told: ${printed}` });
  await wakeMachines(cluster, plans, ctx);
  const port = bridged ? 22 : await forwardedPort(cluster, ctx.signal);
  const machines = spec.machines.map((machine, index) => {
    const hostKey = plans[index]?.publicHostKey ?? '';
    const made = { consoleLog: machineNames(cluster, machine.id).console, hostKey };
    return machineAt(bridged ? net : undefined, machine, login, { ...made, port });
  });
  const mainAddress = bridged ? `${net}.1` : userNetwork.main;
  return { id: cluster, provider: 'qemu', machines, mainAddress, borrowed: false };
}

/** A machine at its place in the subnet `net`; without one at this host's loopback. */
export function machineAt(
  net: string | undefined,
  machine: MachineSpec,
  login: Login,
  made?: { readonly consoleLog: string; readonly hostKey: string; readonly port: number },
): Machine {
  const address = net === undefined ? '127.0.0.1' : `${net}.${machine.id + 2}`;
  const ssh = {
    host: address,
    port: made?.port ?? 22,
    user: login.user ?? 'root',
    ...(login.keyFile === undefined ? {} : { keyFile: login.keyFile }),
    ...(made ? { hostKey: made.hostKey } : {}),
  };
  return { ...machine, address, ssh, ...(made ? { consoleLog: made.consoleLog } : {}) };
}

/** Names as Debian's adduser takes them (adduser(8), NAME_REGEX). */
function accountOf({ user = 'root', publicKey }: Login): { user: string; publicKey: string } {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) {
    throw new UsageError(`'${user}' cannot be the name of a user on the nodes.`);
  }
  if (publicKey === undefined) throw new UsageError('qemu: a public key to log in with is needed.');
  return { user, publicKey };
}
