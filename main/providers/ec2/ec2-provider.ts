import { UsageError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { processIdentity } from '../../../common/processes/process-identity.ts';
import type { RunContext } from '../../context/run-context.ts';
import { accountOf } from '../account-of.ts';
import type { CanKeep, CanPower, CanReboot, MachineOf } from '../capabilities.ts';
import { mustBeClusterId } from '../cluster-id.ts';
import type { Cluster, ListedCluster, Machine, MachinesSpec, ProbeResult, Provider } from '../provider.ts';
import { isCloud } from './api/cloud.ts';
import { Clouds, orForget } from './api/clouds.ts';
import { type Ec2Api, type Patience, usualPatience } from './api/ec2-api.ts';
import { probeCredentials } from './api/probe-credentials.ts';
import { lookUp, makeCluster } from './create-cluster.ts';
import { settingsOf, userOf } from './ec2-options.ts';
import { Ec2States, ec2Home } from './ec2-state.ts';
import { introduce } from './instances/introduce.ts';
import { machineOf, previewMachine } from './instances/machine-of.ts';
import { tellCost } from './instances/price.ts';
import { clustersAt, merge } from './list-clusters.ts';
import { type ClusterState, type InstanceAct, instanceOf, reboot, start, stop } from './power.ts';
import { tagKept, tearDown } from './teardown.ts';

type Act = Pick<RunContext, 'signal' | 'log'>;

/**
 * Instances in Amazon EC2, or a cloud with its API. All that is made has the cluster's id in a tag
 * from the moment it exists, so that the id, and a cloud to look in, is enough to take it away;
 * instances end themselves at their expiry.
 */
export class Ec2Provider implements Provider, CanKeep, CanReboot, CanPower {
  readonly name = 'ec2';
  readonly makes = true;
  readonly #env: NodeJS.ProcessEnv;
  readonly #states: Ec2States;
  readonly #clouds: Clouds;
  readonly #introduce: typeof introduce;

  /**
   * `home` keeps what is known of clusters instead of `ec2Home()`; tests are less
   * patient, and replace introductions.
   */
  constructor(
    options: {
      readonly env?: NodeJS.ProcessEnv;
      readonly home?: string;
      readonly patience?: Partial<Patience>;
      readonly introduction?: typeof introduce;
    } = {},
  ) {
    this.#env = options.env ?? process.env;
    this.#states = new Ec2States(options.home ?? ec2Home(this.#env));
    this.#introduce = options.introduction ?? introduce;
    const patience = { ...usualPatience, ...options.patience };
    this.#clouds = new Clouds({ env: this.#env, states: this.#states, patience });
  }

  async probe(): Promise<ProbeResult> {
    return probeCredentials(this.#env);
  }

  async preview(spec: Omit<MachinesSpec, 'cluster' | 'shares'>): Promise<readonly Machine[]> {
    const settings = settingsOf(spec.options);
    const user = userOf(spec.login, settings);
    return spec.machines.map((machine) => previewMachine(machine, user, spec.login));
  }

  async create(spec: MachinesSpec, ctx: RunContext): Promise<Cluster> {
    const settings = settingsOf(spec.options);
    mustBeClusterId('ec2', spec.cluster);
    const { user, publicKey } = accountOf('ec2', { ...spec.login, user: userOf(spec.login, settings) });
    using api = await this.#clouds.open(settings);
    const { cloud } = api;
    const state = { id: spec.cluster, owner: processIdentity(), cloud };
    const before = await this.#states.read(spec.cluster);
    const begun = before !== undefined && before.stage !== 'looking';
    await this.#states.write({ ...state, stage: begun ? 'making' : 'looking' });
    const plan = await lookUp(spec, settings, { user, publicKey }, api, ctx);
    await this.#states.write({ ...state, stage: 'making' });
    const instances = await makeCluster(plan, api, ctx);
    await this.#states.write({ ...state, stage: 'made' });
    const { addresses } = settings;
    const machines = spec.machines.map((machine) =>
      machineOf(machine, instances, { ...spec.login, user }, addresses),
    );
    await tellCost(instances, settings, plan.expires, api, ctx);
    await this.#introduce(machines, instances, api.patience.boot / 1000, ctx);
    const own: ClusterState = { ...cloud, ...present({ addresses }) };
    return { id: spec.cluster, provider: this.name, machines, borrowed: false, state: own };
  }

  /**
   * Looks wherever something of ours may be: clouds where this main host made clusters that are not known to
   * be gone, and the one that the environment names.
   */
  async list(ctx: Pick<RunContext, 'signal'>): Promise<readonly ListedCluster[]> {
    const found = (await this.#clouds.everywhere(ctx.signal, (api) => clustersAt(api, ctx.signal))).flat();
    await this.#states.forgetCloudsBut(found.map(({ cloud }) => cloud));
    return merge(found, this.#states, Date.now());
  }

  async destroy({ id, state }: Pick<Cluster, 'id' | 'state'>, ctx: Act): Promise<void> {
    mustBeClusterId('ec2', id);
    const known = await this.#states.read(id);
    if (known?.stage !== 'looking') {
      const unsettled = known ? known.stage === 'making' : !isCloud(state);
      const tear = (api: Ec2Api) => tearDown(id, { unsettled }, api, ctx);
      const cloud = known?.cloud ?? (isCloud(state) ? state : undefined);
      const forget = (error: unknown) => orForget(error, this.#states.folderOf(id));
      if (cloud) await this.#clouds.at(cloud, tear).catch(forget);
      else await this.#clouds.everywhere(ctx.signal, tear);
    }
    await this.#states.forget(id);
  }

  async keep({ id }: Pick<Cluster, 'id'>): Promise<void> {
    mustBeClusterId('ec2', id);
    await this.#states.keep(id);
    const known = await this.#states.read(id);
    if (known) await this.#clouds.at(known.cloud, (api) => tagKept(id, api, AbortSignal.timeout(60_000)));
  }

  reboot(which: MachineOf, { signal }: Act): Promise<void> {
    return this.#on(which, signal, reboot);
  }

  powerOff(which: MachineOf, { signal }: Act): Promise<void> {
    return this.#on(which, signal, stop);
  }

  powerOn(which: MachineOf, { signal }: Act): Promise<void> {
    return this.#on(which, signal, start);
  }

  async #on({ cluster, machine }: MachineOf, signal: AbortSignal, act: InstanceAct): Promise<void> {
    mustBeClusterId('ec2', cluster.id);
    const known = (await this.#states.read(cluster.id))?.cloud;
    const cloud: ClusterState | undefined = isCloud(cluster.state) ? cluster.state : known;
    if (!cloud) throw new UsageError(`ec2: nothing is known of cluster ${cluster.id}.`);
    await this.#clouds.at(cloud, async (api) => {
      const instance = await instanceOf({ cluster: cluster.id, node: machine }, api, signal);
      await act(instance, { api, signal, addresses: cloud.addresses });
    });
  }
}
