import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { UsageError } from '../../../common/errors.ts';
import { isAlive, type ProcessIdentity, processIdentity } from '../../../common/process-identity.ts';
import type { RunContext } from '../../context.ts';
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
import { ensureBaseTree } from './base-tree.ts';
import { type ContainerPlan, createScript } from './create-script.ts';
import { destroyScript } from './destroy-script.ts';
import { hostKeyPair, machineId, readResolvConf, subnetCandidates } from './identity.ts';
import { clusterNames, nodeNames, stateRoot } from './names.ts';
import { bytes, type NspawnSettings, nspawnOptionsSchema } from './nspawn-options.ts';
import { probeHost } from './probe-host.ts';
import { quote, runAsRoot } from './root-script.ts';

/** What lies in `state.json`. */
interface NspawnState {
  readonly id: string;
  readonly owner: ProcessIdentity;
}

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
    return spec.machines.map((machine) => machineAt('10.77.0', machine, spec.login));
  }

  async create(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
    const settings = settingsOf(spec.options);
    const { cluster, login, shares } = spec;
    const [tree, subnets, resolvConf] = await Promise.all([
      ensureBaseTree(settings, spec.rebuild === true, ctx),
      subnetCandidates(cluster),
      readResolvConf(),
    ]);
    const containers = spec.machines.map((machine) => containerPlan(machine, settings));
    const state: NspawnState = { id: cluster, owner: processIdentity() };
    const user = login.user ?? 'root';
    const publicKey = login.publicKey ?? '';
    const plan = { cluster, tree, subnets, containers, user, publicKey, resolvConf, shares };
    const printed = await runAsRoot(createScript({ ...plan, state: JSON.stringify(state) }), {
      signal: ctx.signal,
      failure: {
        message: 'could not make the nspawn containers',
        phase: 'machines',
        hint: "'shakedown doctor' says what this machine lacks",
      },
    });
    const net = printed.trim();
    const machines = spec.machines.map((machine, index) =>
      machineAt(net, machine, login, { cluster, hostKey: containers[index]?.publicHostKey }),
    );
    return { id: cluster, provider: this.name, machines, mainAddress: `${net}.1`, borrowed: false };
  }

  async list(): Promise<readonly ListedCluster[]> {
    const ids = new Set<string>();
    for (const name of existsSync(stateRoot) ? await readdir(stateRoot) : []) {
      if (/^[0-9a-f]{6}$/.test(name)) ids.add(name);
    }
    for (const link of await readdir('/sys/class/net')) {
      const [, id] = /^sd([0-9a-f]{6})(v\d+)?$/.exec(link) ?? [];
      if (id) ids.add(id);
    }
    return Promise.all([...ids].map(listed));
  }

  async destroy({ id }: Pick<Cluster, 'id'>, ctx: Pick<RunContext, 'signal'>): Promise<void> {
    if (!/^[0-9a-f]{6}$/.test(id)) throw new UsageError(`'${id}' is not the id of an nspawn cluster.`);
    await runAsRoot(destroyScript(id), {
      signal: ctx.signal,
      failure: {
        message: `could not take away all of nspawn cluster ${id}`,
        hint: "run 'shakedown reap' again",
      },
    });
  }

  async keep({ id }: Pick<Cluster, 'id'>): Promise<void> {
    const file = `${clusterNames(id).directory}/kept`;
    await runAsRoot(`: > ${quote(file)}`, { failure: { message: `could not mark cluster ${id} as kept` } });
  }
}

async function listed(id: string): Promise<ListedCluster> {
  const { directory } = clusterNames(id);
  const kept = existsSync(`${directory}/kept`);
  try {
    const state: NspawnState = JSON.parse(await readFile(`${directory}/state.json`, 'utf8'));
    return { id, kept, ownerAlive: isAlive(state.owner) };
  } catch {
    // Without a readable state nobody can own it: it was killed in its first moments or its last.
    return { id, kept, ownerAlive: false };
  }
}

function settingsOf(options: unknown): NspawnSettings {
  const parsed = nspawnOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map((issue) => `nspawn: ${issue.path.join('.')}: ${issue.message}`);
  throw new UsageError(issues.join('\n'));
}

function containerPlan(machine: MachineSpec, settings: NspawnSettings): ContainerPlan {
  const { memory, cpus, pids } = { ...settings, ...settings.nodes?.[machine.id] };
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
