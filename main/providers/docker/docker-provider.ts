import { present } from '../../../common/present.ts';
import { processIdentity } from '../../../common/processes/process-identity.ts';
import { withTimeLimit } from '../../../common/time-limit.ts';
import type { RunContext } from '../../context/run-context.ts';
import { accountOf } from '../account-of.ts';
import type {
  CachedImage,
  CanKeep,
  CanKeepImages,
  CanLayer,
  CanPower,
  CanReboot,
  LayerBase,
  LayerLook,
  LayerSurvey,
  MachineOf,
  NewLayer,
} from '../capabilities.ts';
import { mustBeClusterId } from '../cluster-id.ts';
import { freePorts } from '../host/free-ports.ts';
import { machineAt } from '../host/machine-at.ts';
import { readCreation } from '../host/read-creation.ts';
import { readResolver } from '../host/resolver.ts';
import { runScript } from '../host/root-script.ts';
import { subnetCandidates } from '../host/subnets.ts';
import type { Cluster, ListedCluster, Machine, MachinesSpec, ProbeResult, Provider } from '../provider.ts';
import { settingsOf } from './docker-options.ts';
import { runEngine } from './engines/engine.ts';
import { explainEngine } from './engines/explain-engine.ts';
import { chooseEngine, enginesInUse, probeEngines } from './engines/find-engines.ts';
import { preparePodman } from './engines/podman-engine.ts';
import { cachedImages, removeCachedImage } from './images/cached-images.ts';
import { imagesOf } from './images/images-of.ts';
import * as layers from './images/layers.ts';
import { type DockerState, listClusters } from './list-clusters.ts';
import { containerPlan } from './machines/container-plan.ts';
import { createScript } from './machines/create-script.ts';
import { destroyCluster } from './machines/destroy-cluster.ts';
import { engineOf, power } from './machines/power.ts';
import { clusterLabel, clusterNames, consoleLog } from './names.ts';
import { checkRoom } from './room.ts';

type Act = Pick<RunContext, 'signal' | 'log'>;
type Look = Pick<RunContext, 'signal' | 'cacheDir'>;

/**
 * Containers of Docker or Podman that are machines: with systemd or a plain sshd, and a network of the
 * cluster's own. They end with the process that made them, unless they are kept.
 */
export class DockerProvider implements Provider, CanKeep, CanReboot, CanPower, CanKeepImages, CanLayer {
  readonly name = 'docker';
  readonly makes = true;

  probe(ctx: Pick<RunContext, 'signal'>): Promise<ProbeResult> {
    return probeEngines(ctx.signal);
  }

  async preview(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): Promise<readonly Machine[]> {
    settingsOf(spec.options);
    return spec.machines.map((machine) => machineAt('10.100.0', machine, spec.login));
  }

  async create(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
    const settings = settingsOf(spec.options);
    const { cluster, login, shares, machines } = spec;
    const { user, publicKey } = accountOf('docker', login);
    const engine = await chooseEngine(ctx.signal, settings.engine);
    checkRoom(machines, settings, engine);
    if (engine.kind === 'podman') await preparePodman();
    const resolver = await readResolver();
    const [images, subnets, ports] = await Promise.all([
      imagesOf(engine, spec, settings, ctx),
      subnetCandidates(cluster, resolver.servers),
      engine.reach === 'ports' ? freePorts(machines.length) : [],
    ]);
    const containers = images.map(([machine, image]) =>
      containerPlan(machine, settings, image, spec.volatile),
    );
    const owner = processIdentity();
    const state: DockerState = {
      id: cluster,
      owner,
      engine: { kind: engine.kind, ...present({ host: engine.env.DOCKER_HOST }) },
    };
    const plan = { cluster, engine, subnets, resolver, containers, ports, user, publicKey, shares };
    const script = createScript({ ...plan, state, owner: JSON.stringify(owner) });
    const printed = await runScript([], script, {
      signal: ctx.signal,
      failure: {
        message: `could not make the ${engine.kind} containers`,
        phase: 'machines',
        hint: "'shakedown doctor' says what this machine lacks",
      },
      explain: explainEngine,
    });
    const net = readCreation(printed, ctx);
    return {
      id: cluster,
      provider: this.name,
      machines: machines.map((machine, index) =>
        machineAt(net, machine, login, {
          hostKey: containers[index]?.publicHostKey,
          consoleLog: consoleLog(cluster, machine.id),
          port: ports[index],
        }),
      ),
      ...present({ mainAddress: engine.reach === 'address' ? `${net}.1` : undefined }),
      borrowed: false,
    };
  }

  async list(ctx: Pick<RunContext, 'signal'>): Promise<readonly ListedCluster[]> {
    return listClusters(await enginesInUse(ctx.signal), ctx.signal);
  }

  async destroy({ id }: Pick<Cluster, 'id'>, ctx: Pick<RunContext, 'signal'>): Promise<void> {
    mustBeClusterId('docker', id);
    await destroyCluster(id, ctx);
  }

  async keep({ id }: Pick<Cluster, 'id'>): Promise<void> {
    mustBeClusterId('docker', id);
    const mark = ['volume', 'create', '--label', `${clusterLabel}=${id}`, clusterNames(id).keptMark];
    const failure = { message: `could not mark cluster ${id} as kept` };
    await withTimeLimit({ what: 'marking the cluster as kept', seconds: 60 }, async (signal) => {
      await runEngine(await engineOf(id, signal), mark, { signal, failure });
    });
  }

  reboot(which: MachineOf, ctx: Act): Promise<void> {
    return power('reboot', which, ctx);
  }

  powerOff(which: MachineOf, ctx: Act): Promise<void> {
    return power('power_off', which, ctx);
  }

  powerOn(which: MachineOf, ctx: Act): Promise<void> {
    return power('power_on', which, ctx);
  }

  async images({ signal }: Look): Promise<readonly CachedImage[]> {
    const engines = await enginesInUse(signal);
    return (await Promise.all(engines.map((engine) => cachedImages(engine, signal)))).flat();
  }

  async removeImage(id: string, { signal }: Look): Promise<void> {
    await removeCachedImage(await enginesInUse(signal), id, signal);
  }

  bases(
    { options, machines, rebuild = false }: Omit<MachinesSpec, 'cluster' | 'shares'>,
    ctx: Look & Pick<RunContext, 'emit'>,
  ): Promise<readonly LayerBase[]> {
    return layers.layerBases(machines, settingsOf(options), rebuild, ctx);
  }

  survey(which: MachineOf, look: LayerLook, ctx: Act): Promise<LayerSurvey> {
    return layers.surveyLayer(which, look, ctx);
  }

  saveLayer(which: MachineOf, layer: NewLayer, ctx: Act): Promise<void> {
    return layers.saveLayer(which, layer, ctx);
  }

  findLayer(key: string, ctx: Look): Promise<string | undefined> {
    return layers.findLayer(key, ctx);
  }
}
