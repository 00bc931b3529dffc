import { ShakedownError, UsageError } from '../../../common/errors.ts';
import { processIdentity } from '../../../common/process-identity.ts';
import type { RunContext } from '../../context.ts';
import { ensureBaseTree } from '../debian/base-tree.ts';
import { hostKeyPair, machineId } from '../host/identity.ts';
import { readResolver } from '../host/resolver.ts';
import { quote, runAsRoot } from '../host/root-script.ts';
import { subnetCandidates } from '../host/subnets.ts';
import { bytes, settingsOfMachine } from '../machine-options.ts';
import type {
  CanKeep,
  Cluster,
  ListedCluster,
  Machine,
  MachineSpec,
  MachinesSpec,
  ProbeResult,
  Provider,
} from '../provider.ts';
import { createScript } from './create-script.ts';
import { destroyScript } from './destroy-script.ts';
import { listClusters, type NspawnState } from './list-clusters.ts';
import { clusterNames, isClusterId, nodeNames } from './names.ts';
import type { ContainerPlan } from './node-script.ts';
import { type NspawnSettings, nspawnOptionsSchema } from './nspawn-options.ts';
import { probeHost } from './probe-host.ts';

/**
 * systemd-nspawn containers with a systemd, an sshd and an address of their own, on an overlay over one cached Debian
 * tree (systemd-nspawn(1)). They outlive the process that made them until `destroy`.
 */
export class NspawnProvider implements Provider, CanKeep {
  readonly name = 'nspawn';

  probe(ctx: Pick<RunContext, 'signal'>): Promise<ProbeResult> {
    return probeHost(ctx.signal);
  }

  async preview(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): Promise<readonly Machine[]> {
    settingsOf(spec.options);
    return spec.machines.map((machine) => machineAt('10.100.0', machine, spec.login));
  }

  async create(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
    const settings = settingsOf(spec.options);
    const { cluster, login, shares } = spec;
    const { user, publicKey } = accountOf(login);
    const resolver = await readResolver();
    const [tree, subnets] = await Promise.all([
      ensureBaseTree(settings, spec.rebuild === true, ctx),
      subnetCandidates(cluster, resolver.servers),
    ]);
    const containers = spec.machines.map((machine) => containerPlan(machine, settings));
    const state: NspawnState = { id: cluster, owner: processIdentity() };
    const plan = { cluster, tree, subnets, containers, user, publicKey, resolver, shares };
    const printed = await runAsRoot(createScript({ ...plan, state: JSON.stringify(state) }), {
      signal: ctx.signal,
      failure: {
        message: 'could not make the nspawn containers',
        phase: 'machines',
        hint: "'shakedown doctor' says what this machine lacks",
      },
    });
    for (const [, note = ''] of printed.matchAll(/^note (.*)$/gm)) ctx.log(note);
    const [, net] = /^net (\S+)$/m.exec(printed) ?? [];
    if (net === undefined) throw new ShakedownError({ message: `no subnet was told: ${printed}` });
    const machines = spec.machines.map((machine, index) =>
      machineAt(net, machine, login, { cluster, hostKey: containers[index]?.publicHostKey }),
    );
    return { id: cluster, provider: this.name, machines, mainAddress: `${net}.1`, borrowed: false };
  }

  list(ctx: Pick<RunContext, 'signal'>): Promise<readonly ListedCluster[]> {
    return listClusters(ctx.signal);
  }

  async destroy({ id }: Pick<Cluster, 'id'>, ctx: Pick<RunContext, 'signal'>): Promise<void> {
    mustBeId(id);
    await runAsRoot(destroyScript(id), {
      signal: ctx.signal,
      failure: {
        message: `could not take away all of nspawn cluster ${id}`,
        phase: 'machines',
        hint: "end what still uses it, then run 'shakedown reap'",
      },
    });
  }

  async keep({ id }: Pick<Cluster, 'id'>): Promise<void> {
    mustBeId(id);
    const file = `${clusterNames(id).directory}/kept`;
    await runAsRoot(`: > ${quote(file)}`, { failure: { message: `could not mark cluster ${id} as kept` } });
  }
}

function mustBeId(id: string): void {
  if (!isClusterId(id)) throw new UsageError(`'${id}' is not the id of an nspawn cluster.`);
}

function settingsOf(options: unknown): NspawnSettings {
  const parsed = nspawnOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ['nspawn', ...path, message].join(': '));
  throw new UsageError(issues.join('\n'));
}

/** Names as Debian's adduser takes them (adduser(8), NAME_REGEX). */
function accountOf({ user = 'root', publicKey }: MachinesSpec['login']): { user: string; publicKey: string } {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) {
    throw new UsageError(`'${user}' cannot be the name of a user on the nodes.`);
  }
  if (publicKey === undefined) throw new UsageError('nspawn: a public key to log in with is needed.');
  return { user, publicKey };
}

function containerPlan(machine: MachineSpec, settings: NspawnSettings): ContainerPlan {
  const { memory, cpus, pids } = settingsOfMachine(settings, machine.id);
  return {
    id: machine.id,
    name: machine.name,
    machineId: machineId(),
    ...hostKeyPair(),
    ...(memory === undefined ? {} : { memory: bytes(memory) }),
    ...(cpus === undefined ? {} : { cpus }),
    ...(pids === undefined ? {} : { pids }),
  };
}

function machineAt(
  net: string,
  machine: MachineSpec,
  login: MachinesSpec['login'],
  made?: { cluster: string; hostKey: string | undefined },
): Machine {
  const address = `${net}.${machine.id + 2}`;
  const ssh = {
    host: address,
    port: 22,
    user: login.user ?? 'root',
    ...(login.keyFile === undefined ? {} : { keyFile: login.keyFile }),
    ...(made?.hostKey === undefined ? {} : { hostKey: made.hostKey }),
  };
  return {
    ...machine,
    address,
    ssh,
    ...(made ? { consoleLog: nodeNames(made.cluster, machine.id).console } : {}),
  };
}
