import type { RunContext } from '../../context/run-context.ts';
import type {
  CachedImage,
  CanKeep,
  CanKeepImages,
  CanLayer,
  CanPower,
  CanReboot,
  CanSnapshot,
  LayerBase,
  LayerLook,
  LayerSurvey,
  MachineOf,
  NewLayer,
} from '../capabilities.ts';
import { mustBeClusterId } from '../cluster-id.ts';
import { listBuilds, listTrees, removeBuilds, removeTree } from '../debian/tree-images.ts';
import { machineAt } from '../host/machine-at.ts';
import { runAsRoot } from '../host/root-script.ts';
import { markKeptScript } from '../host/shell-values.ts';
import { isLayer } from '../layers/layer-files.ts';
import type { Cluster, ListedCluster, Machine, MachinesSpec, ProbeResult, Provider } from '../provider.ts';
import { destroyScript } from './destroy-script.ts';
import { findLayer, layersFolder, saveLayer, surveyLayer } from './layers/layers.ts';
import { listClusters } from './list-clusters.ts';
import { act, restoreSnapshot, takeSnapshot } from './machine-acts.ts';
import { clusterNames } from './names.ts';
import { settingsOf } from './nspawn-options.ts';
import { probeHost } from './probe-host.ts';

type Act = Pick<RunContext, 'signal' | 'log'>;

/**
 * systemd-nspawn containers with a systemd, an sshd and an address of their own, each on an overlay over a
 * cached tree of its operating system (systemd-nspawn(1)). They end with the process that made them unless
 * they are kept. Power that is cut ends all processes of a machine at once, but what they had written is
 * there afterwards, written through or not. A snapshot is what a machine has written to its disk; its memory
 * is not in it.
 */
export class NspawnProvider
  implements Provider, CanKeep, CanReboot, CanPower, CanSnapshot, CanKeepImages, CanLayer
{
  readonly name = 'nspawn';
  readonly makes = true;

  probe(ctx: Pick<RunContext, 'signal'>): Promise<ProbeResult> {
    return probeHost(ctx.signal);
  }

  async preview(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): Promise<readonly Machine[]> {
    settingsOf(spec.options);
    return spec.machines.map((machine) => machineAt('10.100.0', machine, spec.login));
  }

  async create(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
    // What only looks at a scenario needs none of it.
    return (await import('./create-cluster.ts')).createCluster(spec, ctx);
  }

  list(ctx: Pick<RunContext, 'signal'>): Promise<readonly ListedCluster[]> {
    return listClusters(ctx);
  }

  async destroy({ id }: Pick<Cluster, 'id'>, ctx: Pick<RunContext, 'signal'>): Promise<void> {
    mustBeClusterId('nspawn', id);
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
    mustBeClusterId('nspawn', id);
    const failure = { message: `could not mark cluster ${id} as kept` };
    await runAsRoot(markKeptScript(clusterNames(id).directory), { failure });
  }

  reboot(which: MachineOf, ctx: Act): Promise<void> {
    return act('reboot', which, ['reboot'], ctx);
  }

  powerOff(which: MachineOf, ctx: Act): Promise<void> {
    return act('switch off', which, ['power_off'], ctx);
  }

  powerOn(which: MachineOf, ctx: Act): Promise<void> {
    return act('switch on', which, ['power_on'], ctx);
  }

  snapshot(which: MachineOf & { readonly name: string }, ctx: Act): Promise<void> {
    return takeSnapshot(which, ctx);
  }

  restore(which: MachineOf & { readonly name: string }, ctx: Act): Promise<void> {
    return restoreSnapshot(which, ctx);
  }

  async images(ctx: Pick<RunContext, 'signal' | 'cacheDir'>): Promise<readonly CachedImage[]> {
    return (await Promise.all([listTrees(ctx), listBuilds(layersFolder, ctx)])).flat();
  }

  removeImage(id: string, ctx: Pick<RunContext, 'signal' | 'cacheDir'>): Promise<void> {
    return isLayer(id) ? removeBuilds(layersFolder, id, ctx) : removeTree(id, ctx);
  }

  async bases(
    { options, machines, rebuild = false }: Omit<MachinesSpec, 'cluster' | 'shares'>,
    ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
  ): Promise<readonly LayerBase[]> {
    const { basesOf } = await import('./container-plan.ts');
    return basesOf(machines, settingsOf(options), rebuild, ctx);
  }

  survey(which: MachineOf, look: LayerLook, ctx: Act): Promise<LayerSurvey> {
    return surveyLayer(which, look, ctx);
  }

  saveLayer(which: MachineOf, layer: NewLayer, ctx: Act): Promise<void> {
    return saveLayer(which, layer, ctx);
  }

  findLayer(key: string): Promise<string | undefined> {
    return findLayer(key);
  }
}
