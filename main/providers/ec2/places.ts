import { type Ec2Api, openEc2, type Patience } from './ec2-api.ts';
import type { Ec2Settings } from './ec2-options.ts';
import type { Ec2States } from './ec2-state.ts';
import { type Place, placeFrom, samePlace } from './place.ts';
import { probeCredentials } from './probe-credentials.ts';

/** The APIs in which there may be something of ours. */
export class Places {
  readonly #env: NodeJS.ProcessEnv;
  readonly #states: Ec2States;
  readonly #patience: Patience;

  constructor({ env, states, patience }: { env: NodeJS.ProcessEnv; states: Ec2States; patience: Patience }) {
    this.#env = env;
    this.#states = states;
    this.#patience = patience;
  }

  /** The one that options and the environment name. Whoever opens it disposes of it. Throws UsageError. */
  open(wish: Partial<Pick<Ec2Settings, 'region' | 'endpoint' | 'profile'>>): Promise<Ec2Api> {
    return openEc2(placeFrom(wish, this.#env), this.#patience);
  }

  /** Does something in one place. */
  async at<Result>(
    { region, endpoint, profile }: Place,
    act: (api: Ec2Api) => Promise<Result>,
  ): Promise<Result> {
    const plain = { region, ...(endpoint ? { endpoint } : {}), ...(profile ? { profile } : {}) };
    using api = await openEc2(plain, this.#patience);
    return await act(api);
  }

  /**
   * Does something in every place where this main host made clusters that are not known to be gone, and in the one that
   * the environment names if it has credentials. Throws what the first one that fails throws.
   */
  async everywhere<Result>(
    signal: AbortSignal,
    act: (api: Ec2Api) => Promise<Result>,
  ): Promise<readonly Result[]> {
    const places = await this.#states.places();
    const here = placeFrom({}, this.#env);
    const look = 'region' in here && probeCredentials(this.#env).ok;
    signal.throwIfAborted();
    const others = look && !places.some((place) => samePlace(place, here)) ? [here] : [];
    return Promise.all([...places, ...others].map((place) => this.at(place, act)));
  }
}
