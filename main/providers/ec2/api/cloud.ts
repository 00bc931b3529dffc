import { present } from '../../../../common/present.ts';
import type { Ec2Settings } from '../ec2-options.ts';

/** Where an API is and whose credentials are used there. Plain data without secrets: it is kept on disk. */
export interface Cloud {
  readonly region: string;
  /** Of a compatible cloud; absent for Amazon's own. */
  readonly endpoint?: string;
  /** In ~/.aws/config. */
  readonly profile?: string;
}

type Wish = Partial<Pick<Ec2Settings, 'region' | 'endpoint' | 'profile'>>;

/**
 * The cloud that options ask for, or else the environment, by the variables that all of Amazon's tools heed
 * (docs.aws.amazon.com/sdkref: AWS_REGION, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL_EC2, AWS_ENDPOINT_URL,
 * AWS_PROFILE). Undefined when only a profile can tell the region.
 */
export function cloudFrom(wish: Wish, env: NodeJS.ProcessEnv): Cloud | Omit<Cloud, 'region'> {
  const endpoint = wish.endpoint ?? (env.AWS_ENDPOINT_URL_EC2 || env.AWS_ENDPOINT_URL || undefined);
  const profile = wish.profile ?? (env.AWS_PROFILE || undefined);
  const region = wish.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined);
  return {
    ...present({ region, endpoint, profile }),
  };
}

/** `eu-central-1`, and the endpoint where it is not Amazon's. */
export const describeCloud = ({ region, endpoint }: Cloud): string =>
  endpoint === undefined ? `EC2 in ${region}` : `EC2 in ${region} at ${endpoint}`;

/** Whether a cluster's state tells a cloud. */
export const isCloud = (state: unknown): state is Cloud =>
  typeof state === 'object' && state !== null && 'region' in state && typeof state.region === 'string';

export const sameCloud = (one: Cloud, other: Cloud): boolean =>
  one.region === other.region && one.endpoint === other.endpoint && one.profile === other.profile;
