import { UsageError } from '../../../common/errors.ts';
import { processIdentity } from '../../../common/process-identity.ts';
import type { RunContext } from '../../context.ts';
import type {
  CanKeep,
  CanPower,
  CanReboot,
  Cluster,
  ListedCluster,
  Machine,
  MachineOf,
  MachinesSpec,
  ProbeResult,
  Provider,
} from '../provider.ts';
import { lookUp, makeCluster } from './create-cluster.ts';
import { type Ec2Api, openEc2, type Patience, usualPatience } from './ec2-api.ts';
import { type Ec2Settings, ec2OptionsSchema } from './ec2-options.ts';
import { Ec2States, ec2Home } from './ec2-state.ts';
import { clustersAt, merge } from './list-clusters.ts';
import { hostOf, machineOf, previewMachine } from './machine-of.ts';
import { describePlace, type Place, placeFrom, samePlace } from './place.ts';
import { instanceOf, reboot, refusePublic, start, stop } from './power.ts';
import { describePrice } from './price.ts';
import { probeCredentials } from './probe-credentials.ts';
import { isClusterId } from './tags.ts';
import { tagKept, tearDown } from './teardown.ts';

/** The provider's own word on a cluster, kept beside its machines. */
interface ClusterState extends Place {
  readonly addresses?: 'public' | 'private';
}

type Act = Pick<RunContext, 'signal' | 'log'>;

/** Whoever lists asks other providers too, and waits for all. */
const listing: Partial<Patience> = { call: 15_000, request: 7000 };

/**
 * Instances in Amazon EC2, or a cloud with its API. All that is made has the cluster's id in a tag from the moment it
 * exists, so that the id, and a place to look in, is enough to take it away; instances end themselves at their expiry.
 */
export class Ec2Provider implements Provider, CanKeep, CanReboot, CanPower {
  readonly name = 'ec2';
  readonly #env: NodeJS.ProcessEnv;
  readonly #states: Ec2States;
  readonly #patience: Patience;

  /** `home` keeps what is known of clusters instead of `ec2Home()`; tests are less patient than usual. */
  constructor(
    options: {
      readonly env?: NodeJS.ProcessEnv;
      readonly home?: string;
      readonly patience?: Partial<Patience>;
    } = {},
  ) {
    this.#env = options.env ?? process.env;
    this.#states = new Ec2States(options.home ?? ec2Home(this.#env));
    this.#patience = { ...usualPatience, ...options.patience };
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
    mustBeId(spec.cluster);
    const { publicKey } = spec.login;
    if (publicKey === undefined) throw new UsageError('ec2: a public key to log in with is needed.');
    const user = userOf(spec.login, settings);
    using api = await openEc2(placeFrom(settings, this.#env), this.#patience);
    const { place } = api;
    const state = { id: spec.cluster, owner: processIdentity(), place };
    await this.#states.write({ ...state, stage: 'looking' });
    const plan = await lookUp(spec, settings, { user, publicKey }, api, ctx);
    await this.#states.write({ ...state, stage: 'making' });
    const instances = await makeCluster(plan, api, ctx);
    await this.#states.write({ ...state, stage: 'made' });
    const price = await describePrice(instances, settings, api, ctx.signal);
    const many = `${instances.length} ${settings.type} in ${describePlace(place)}`;
    const message = `${many}: ${price}; they end themselves at ${plan.expires.toISOString()}`;
    ctx.emit({ type: 'note', phase: 'machines', message });
    ctx.log(message);
    const { addresses } = settings;
    const own: ClusterState = { ...place, ...(addresses === undefined ? {} : { addresses }) };
    const machines = spec.machines.map((machine) =>
      machineOf(machine, instances, { ...spec.login, user }, addresses),
    );
    return { id: spec.cluster, provider: this.name, machines, borrowed: false, state: own };
  }

  /**
   * Looks wherever something of ours may be: places where this main host made clusters that are not known to be gone,
   * and the one that the environment names.
   */
  async list(ctx: Pick<RunContext, 'signal'>): Promise<readonly ListedCluster[]> {
    const found = await this.#everywhere(ctx.signal, (api) => clustersAt(api, ctx.signal), listing);
    return merge(found.flat(), this.#states, Date.now());
  }

  async destroy({ id, state }: Pick<Cluster, 'id' | 'state'>, ctx: Act): Promise<void> {
    mustBeId(id);
    const known = await this.#states.read(id);
    if (known?.stage !== 'looking') {
      const unsettled = known?.stage !== 'made';
      const tear = (api: Ec2Api) => tearDown(id, { unsettled: unsettled && !isPlace(state) }, api, ctx);
      const place = known?.place ?? (isPlace(state) ? state : undefined);
      if (place) await this.#at(place, tear);
      else await this.#everywhere(ctx.signal, tear);
    }
    await this.#states.forget(id);
  }

  async keep({ id }: Pick<Cluster, 'id'>): Promise<void> {
    mustBeId(id);
    await this.#states.keep(id);
    const known = await this.#states.read(id);
    if (known) await this.#at(known.place, (api) => tagKept(id, api, AbortSignal.timeout(60_000)));
  }

  async reboot(which: MachineOf, { signal }: Act): Promise<void> {
    await this.#on(which, signal, (api, instance, addresses) =>
      reboot(instance, hostOf(instance, addresses), api, signal),
    );
  }

  async powerOff(which: MachineOf, { signal }: Act): Promise<void> {
    await this.#on(which, signal, (api, instance, addresses) => {
      refusePublic(instance, addresses);
      return stop(instance, api, signal);
    });
  }

  async powerOn(which: MachineOf, { signal }: Act): Promise<void> {
    await this.#on(which, signal, (api, instance) => start(instance, api, signal));
  }

  async #on(
    { cluster, machine }: MachineOf,
    signal: AbortSignal,
    act: (
      api: Ec2Api,
      instance: Awaited<ReturnType<typeof instanceOf>>,
      addresses: ClusterState['addresses'],
    ) => Promise<void>,
  ): Promise<void> {
    mustBeId(cluster.id);
    const known = (await this.#states.read(cluster.id))?.place;
    const place = isPlace(cluster.state) ? cluster.state : known;
    if (!place) throw new UsageError(`ec2: nothing is known of cluster ${cluster.id}.`);
    const { addresses } = place as ClusterState;
    await this.#at(place, async (api) =>
      act(api, await instanceOf({ cluster: cluster.id, node: machine }, api, signal), addresses),
    );
  }

  async #at<Result>(
    { region, endpoint, profile }: Place,
    act: (api: Ec2Api) => Promise<Result>,
    patience: Partial<Patience> = {},
  ): Promise<Result> {
    const plain = { region, ...(endpoint ? { endpoint } : {}), ...(profile ? { profile } : {}) };
    using api = await openEc2(plain, { ...this.#patience, ...patience });
    return await act(api);
  }

  async #everywhere<Result>(
    signal: AbortSignal,
    act: (api: Ec2Api) => Promise<Result>,
    patience: Partial<Patience> = {},
  ): Promise<readonly Result[]> {
    const places = await this.#states.places();
    const here = placeFrom({}, this.#env);
    // Whoever has an environment for Amazon's tools need not use us with it: without credentials there is nothing.
    const look =
      'region' in here && (await this.probe()).ok && !places.some((place) => samePlace(place, here));
    signal.throwIfAborted();
    return Promise.all([...places, ...(look ? [here] : [])].map((place) => this.#at(place, act, patience)));
  }
}

function mustBeId(id: string): void {
  if (!isClusterId(id)) throw new UsageError(`'${id}' is not the id of an ec2 cluster.`);
}

const isPlace = (state: unknown): state is Place =>
  typeof state === 'object' && state !== null && 'region' in state && typeof state.region === 'string';

function settingsOf(options: unknown): Ec2Settings {
  const parsed = ec2OptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => ['ec2', ...path, message].join(': '));
  throw new UsageError(issues.join('\n'));
}

/** The run's, or the options', or root, who may log in because the user data says so. */
const userOf = ({ user }: MachinesSpec['login'], settings: Ec2Settings): string =>
  user ?? settings.user ?? 'root';
