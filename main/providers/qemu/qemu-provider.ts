import { UsageError } from '../../../common/errors.ts';
import type { RunContext } from '../../context.ts';
import { runAsRoot } from '../host/root-script.ts';
import type {
  CanKeep,
  Cluster,
  ListedCluster,
  Machine,
  MachinesSpec,
  ProbeResult,
  Provider,
} from '../provider.ts';
import { destroyScript } from './destroy-script.ts';
import { listClusters } from './list-clusters.ts';
import { machineAt, makeCluster, settingsOf } from './make-cluster.ts';
import { clusterNames, isClusterId } from './names.ts';
import { probeHost } from './probe-host.ts';

/**
 * Virtual machines by QEMU, each with a kernel of its own: under KVM where a trial boot has shown that it works, else
 * emulated. They end with the process that made them, unless they are kept.
 */
export class QemuProvider implements Provider, CanKeep {
  readonly name = 'qemu';

  probe(ctx: Pick<RunContext, 'signal' | 'cacheDir'>): Promise<ProbeResult> {
    return probeHost(ctx.signal);
  }

  async preview(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): Promise<readonly Machine[]> {
    settingsOf(spec.options);
    return spec.machines.map((machine) => machineAt('10.100.0', machine, spec.login));
  }

  create(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
    return makeCluster(spec, ctx);
  }

  list(ctx: Pick<RunContext, 'signal'>): Promise<readonly ListedCluster[]> {
    return listClusters(ctx.signal);
  }

  async destroy({ id }: Pick<Cluster, 'id'>, ctx: Pick<RunContext, 'signal'>): Promise<void> {
    mustBeId(id);
    await runAsRoot(destroyScript(id), {
      signal: ctx.signal,
      failure: {
        message: `could not take away all of qemu cluster ${id}`,
        phase: 'machines',
        hint: "end what still uses it, then run 'shakedown reap'",
      },
    });
  }

  async keep({ id }: Pick<Cluster, 'id'>): Promise<void> {
    mustBeId(id);
    const script = `: > ${clusterNames(id).directory}/kept`;
    await runAsRoot(script, { failure: { message: `could not mark cluster ${id} as kept` } });
  }
}

function mustBeId(id: string): void {
  if (!isClusterId(id)) throw new UsageError(`'${id}' is not the id of a qemu cluster.`);
}
