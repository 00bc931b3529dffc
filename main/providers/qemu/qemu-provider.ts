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
import { runAsOwner } from '../host/own-root.ts';
import type { Cluster, ListedCluster, Machine, MachinesSpec, ProbeResult, Provider } from '../provider.ts';
import { destroyScript } from './destroy-script.ts';
import { cachedImages, removeCachedImage } from './images/cached-images.ts';
import * as layers from './layers/layers.ts';
import { saveLayer, surveyLayer } from './layers/make-layer.ts';
import { listClusters } from './list-clusters.ts';
import { bridgeAddress, machineAt } from './machines/machine-at.ts';
import { makeCluster, settingsOf } from './make-cluster.ts';
import { clusterNames } from './names.ts';
import * as power from './power/power.ts';
import { kvmInWords, probeHost } from './probe-host.ts';

type Act = Pick<RunContext, 'signal' | 'log'>;

/**
 * Virtual machines by QEMU, each with a kernel of its own: under KVM where a trial boot has shown that it
 * works, else emulated. They end with the process that made them, unless they are kept.
 */
export class QemuProvider
  implements Provider, CanKeep, CanReboot, CanPower, CanSnapshot, CanKeepImages, CanLayer
{
  readonly name = 'qemu';
  readonly makes = true;

  async probe(ctx: Pick<RunContext, 'signal' | 'cacheDir'>): Promise<ProbeResult> {
    const found = await probeHost(ctx.signal);
    return found.ok ? { ...found, note: await kvmInWords(ctx) } : found;
  }

  async preview(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): Promise<readonly Machine[]> {
    settingsOf(spec.options);
    return spec.machines.map((machine) =>
      machineAt(bridgeAddress('10.100.0', machine.id), machine, spec.login),
    );
  }

  create(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
    return makeCluster(spec, ctx);
  }

  list(ctx: Pick<RunContext, 'signal'>): Promise<readonly ListedCluster[]> {
    return listClusters(ctx);
  }

  async destroy({ id }: Pick<Cluster, 'id'>, ctx: Pick<RunContext, 'signal'>): Promise<void> {
    mustBeClusterId('qemu', id);
    await runAsOwner(destroyScript(id), {
      signal: ctx.signal,
      failure: {
        message: `could not take away all of qemu cluster ${id}`,
        phase: 'machines',
        hint: "end what still uses it, then run 'shakedown reap'",
      },
    });
  }

  async keep({ id }: Pick<Cluster, 'id'>): Promise<void> {
    mustBeClusterId('qemu', id);
    const script = `: > ${clusterNames(id).directory}/kept`;
    await runAsOwner(script, { failure: { message: `could not mark cluster ${id} as kept` } });
  }

  reboot(which: MachineOf, ctx: Act): Promise<void> {
    return power.reboot(which, ctx);
  }

  powerOff(which: MachineOf, ctx: Act): Promise<void> {
    return power.powerOff(which, ctx);
  }

  powerOn(which: MachineOf, ctx: Act): Promise<void> {
    return power.powerOn(which, ctx);
  }

  snapshot(which: MachineOf & { readonly name: string }, ctx: Act): Promise<void> {
    return power.snapshot(which, ctx);
  }

  restore(which: MachineOf & { readonly name: string }, ctx: Act): Promise<void> {
    return power.restore(which, ctx);
  }

  images({ cacheDir }: Pick<RunContext, 'cacheDir'>): Promise<readonly CachedImage[]> {
    return cachedImages(cacheDir);
  }

  removeImage(id: string, ctx: Pick<RunContext, 'signal' | 'cacheDir'>): Promise<void> {
    return removeCachedImage(id, ctx);
  }

  bases(
    { options, machines, rebuild = false }: Omit<MachinesSpec, 'cluster' | 'shares'>,
    ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
  ): Promise<readonly LayerBase[]> {
    return layers.layerBases(machines, settingsOf(options), rebuild, ctx);
  }

  survey(which: MachineOf, look: LayerLook, ctx: Act): Promise<LayerSurvey> {
    return surveyLayer(which, look, ctx);
  }

  saveLayer(which: MachineOf, layer: NewLayer, ctx: Act & Pick<RunContext, 'cacheDir'>): Promise<void> {
    return saveLayer(which, layer, ctx);
  }

  findLayer(key: string, { cacheDir }: Pick<RunContext, 'cacheDir'>): Promise<string | undefined> {
    return layers.findLayer(key, cacheDir);
  }
}
