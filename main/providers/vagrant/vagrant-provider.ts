import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { present } from '../../../common/present.ts';
import { processIdentity } from '../../../common/processes/process-identity.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { CanKeep, CanPower, CanReboot, CanSnapshot, MachineOf } from '../capabilities.ts';
import { mustBeClusterId } from '../cluster-id.ts';
import { listed } from '../host/cluster-state.ts';
import { parsedOptions } from '../parsed-options.ts';
import type { Cluster, ListedCluster, Machine, MachinesSpec, ProbeResult, Provider } from '../provider.ts';
import { cutPower, switchOn } from './act-on-machine.ts';
import {
  clusterFiles,
  clusterFolders,
  makeClusterFolder,
  stateRoot,
  type VagrantState,
} from './cluster-folder.ts';
import { vagrantfileAt } from './declared-machines.ts';
import { destroyCluster } from './destroy-cluster.ts';
import { restoreSnapshot, takeSnapshot } from './hypervisors/snapshots.ts';
import { strayClusters } from './hypervisors/strays.ts';
import { makeMachines } from './make-machines.ts';
import { probeVagrant } from './probe-vagrant.ts';
import { makeVagrantHome } from './vagrant-home.ts';
import { type VagrantSettings, vagrantOptionsSchema } from './vagrant-options.ts';

type Act = Pick<RunContext, 'signal' | 'log'>;

/**
 * Machines that Vagrant makes, of a Vagrantfile that exists or of one written from a box, with whatever
 * provider of vagrant's is installed: libvirt, LXC, VirtualBox. What vagrant writes about them lies in the
 * cluster's own folder, so that the user's `.vagrant` and index of machines stay as they are.
 */
export class VagrantProvider implements Provider, CanKeep, CanReboot, CanPower, CanSnapshot {
  readonly name = 'vagrant';
  readonly makes = true;

  probe(ctx: Pick<RunContext, 'signal'>): Promise<ProbeResult> {
    return probeVagrant(ctx.signal);
  }

  async preview(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): Promise<readonly Machine[]> {
    settingsOf(spec.options);
    return spec.machines.map((machine) => {
      const address = `192.168.121.${machine.id + 2}`;
      const { user = 'vagrant', keyFile } = spec.login;
      return { ...machine, address, ssh: { host: address, port: 22, user, ...(keyFile ? { keyFile } : {}) } };
    });
  }

  async create(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
    const settings = settingsOf(spec.options);
    mustBeClusterId('vagrant', spec.cluster);
    const { directory, vagrantfile, dotfile, home } = clusterFiles(spec.cluster);
    const users = settings.vagrantfile === undefined ? undefined : vagrantfileAt(settings.vagrantfile);
    const state: VagrantState = {
      id: spec.cluster,
      owner: processIdentity(),
      project: { cwd: users === undefined ? directory : dirname(users), vagrantfile, dotfile, home },
      machines: spec.machines.map(({ name }) => ({ name, provider: settings.provider ?? '' })),
    };
    await makeClusterFolder(state);
    await makeVagrantHome(home);
    const { machines, mainAddress } = await makeMachines(spec, { state, settings, users }, ctx);
    return {
      id: spec.cluster,
      provider: this.name,
      machines,
      ...present({ mainAddress }),
      borrowed: false,
    };
  }

  async list(ctx: Pick<RunContext, 'signal'>): Promise<readonly ListedCluster[]> {
    const ids = [...(await clusterFolders()), ...(await strayClusters(ctx.signal))];
    return Promise.all([...new Set(ids)].map((id) => listed(id, stateRoot())));
  }

  async destroy({ id }: Pick<Cluster, 'id'>, ctx: Pick<RunContext, 'signal' | 'log'>): Promise<void> {
    mustBeClusterId('vagrant', id);
    await destroyCluster(id, ctx);
  }

  async keep({ id }: Pick<Cluster, 'id'>): Promise<void> {
    mustBeClusterId('vagrant', id);
    await writeFile(clusterFiles(id).kept, '');
  }

  async reboot(which: MachineOf, ctx: Act): Promise<void> {
    await switchOn(which, ctx, 'reload');
  }

  async powerOff(which: MachineOf, ctx: Act): Promise<void> {
    await cutPower(which, ctx);
  }

  async powerOn(which: MachineOf, ctx: Act): Promise<void> {
    await switchOn(which, ctx);
  }

  snapshot(which: MachineOf & { readonly name: string }, ctx: Act): Promise<void> {
    return takeSnapshot(which, ctx);
  }

  restore(which: MachineOf & { readonly name: string }, ctx: Act): Promise<void> {
    return restoreSnapshot(which, ctx);
  }
}

const settingsOf = (options: unknown): VagrantSettings =>
  parsedOptions('vagrant', vagrantOptionsSchema, options);
