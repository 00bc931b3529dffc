import { ShakedownError } from '../../../../common/errors.ts';
import type { Ec2Settings } from '../ec2-options.ts';
import type { Ec2States } from '../ec2-state.ts';
import { type Cloud, cloudFrom, sameCloud } from './cloud.ts';
import { type Ec2Api, openEc2, type Patience } from './ec2-api.ts';
import { Ec2Error } from './ec2-error.ts';
import { probeCredentials } from './probe-credentials.ts';

/** The APIs in which there may be something of ours. */
export class Clouds {
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
    return openEc2(cloudFrom(wish, this.#env), this.#patience);
  }

  /** Does something in one cloud. */
  async at<Result>(
    { region, endpoint, profile }: Cloud,
    act: (api: Ec2Api) => Promise<Result>,
  ): Promise<Result> {
    const plain = { region, ...(endpoint ? { endpoint } : {}), ...(profile ? { profile } : {}) };
    using api = await openEc2(plain, this.#patience);
    return await act(api);
  }

  /**
   * Does something in every cloud where this main host made clusters that are not known to be gone, and in
   * the one that the environment names if it has credentials. Throws what the first one that fails throws.
   */
  async everywhere<Result>(
    signal: AbortSignal,
    act: (api: Ec2Api) => Promise<Result>,
  ): Promise<readonly Result[]> {
    const clouds = await this.#states.clouds();
    const here = cloudFrom({}, this.#env);
    const look = 'region' in here && probeCredentials(this.#env).ok;
    signal.throwIfAborted();
    const others = look && !clouds.some((cloud) => sameCloud(cloud, here)) ? [here] : [];
    const known = clouds.map((cloud) =>
      this.at(cloud, act).catch((error) => orForget(error, this.#states.fileOf(cloud))),
    );
    return Promise.all([...known, ...others.map((cloud) => this.at(cloud, act))]);
  }
}

/**
 * Throws the error again. Test clouds come and go: where there was no answer, it tells which path of our own
 * to remove to have what was there forgotten.
 */
export function orForget(error: unknown, path: string): never {
  if (!(error instanceof Ec2Error && error.meaning === 'unsure')) throw error;
  const hint = `${error.details.hint}; if that cloud is no more: rm -r ${path}`;
  throw new ShakedownError({ ...error.details, hint }, { cause: error });
}
