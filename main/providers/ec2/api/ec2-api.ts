import type { EC2 } from '@aws-sdk/client-ec2';
import { ShakedownError, UsageError } from '../../../../common/errors.ts';
import { present } from '../../../../common/present.ts';
import { withTimeLimit } from '../../../../common/time-limit.ts';
import { type Cloud, describeCloud } from './cloud.ts';
import { Ec2Error, explain } from './ec2-error.ts';

/** How long to wait for what; ms. Tests are less patient. */
export interface Patience {
  /** For an answer to one request, its repetitions included. */
  readonly call: number;
  /** For one try of a request. */
  readonly request: number;
  /** Between looks for what was just made: EC2 is eventually consistent. */
  readonly settle: number;
  /** Until what was just made is known to all requests. */
  readonly seen: number;
  /** Between rounds through all zones that lack capacity. */
  readonly capacity: number;
  /** Until instances are running, or gone. */
  readonly state: number;
  /** From there until they answer by ssh. */
  readonly boot: number;
}

export const usualPatience: Patience = {
  call: 60_000,
  request: 20_000,
  settle: 5_000,
  seen: 60_000,
  capacity: 15_000,
  state: 600_000,
  boot: 300_000,
};

export type Sdk = typeof import('@aws-sdk/client-ec2');
export interface CallOptions {
  readonly abortSignal: AbortSignal;
}

/** The API of one cloud. */
export class Ec2Api {
  readonly cloud: Cloud;
  readonly sdk: Sdk;
  readonly patience: Patience;
  /** Repeats what was throttled or got no answer. */
  readonly ec2: EC2;
  /** Does not, for requests that must be looked into before they are repeated. */
  readonly once: EC2;

  constructor(cloud: Cloud, sdk: Sdk, patience: Patience) {
    this.cloud = cloud;
    this.sdk = sdk;
    this.patience = patience;
    const client = (maxAttempts: number) =>
      new sdk.EC2({
        ...cloud,
        maxAttempts,
        retryMode: 'standard',
        requestHandler: {
          connectionTimeout: Math.min(5000, patience.request),
          requestTimeout: patience.request,
          throwOnRequestTimeout: true,
        },
      });
    this.ec2 = client(8);
    this.once = client(1);
  }

  /**
   * One request's answer; `doing` completes the sentence "EC2 could not …". Throws Ec2Error, and
   * the signal's reason when that is aborted.
   */
  async call<Answer>(
    doing: string,
    signal: AbortSignal,
    request: (ec2: EC2, options: CallOptions) => Promise<Answer>,
    ec2 = this.ec2,
  ): Promise<Answer> {
    const seconds = this.patience.call / 1000;
    const late = (waited: number) => this.#silent(doing, waited);
    try {
      return await withTimeLimit({ what: doing, seconds, signal, late }, (abortSignal) =>
        request(ec2, { abortSignal }),
      );
    } catch (error) {
      signal.throwIfAborted();
      const silent = error instanceof Error && /requestTimeout/.test(error.message);
      if (silent) throw this.#silent(doing, this.patience.request / 1000);
      throw explain(error, doing, this.cloud);
    }
  }

  #silent(doing: string, seconds: number): Ec2Error {
    return new Ec2Error('TimeoutError', 'unsure', {
      message: `${describeCloud(this.cloud)} could not ${doing}: no answer within ${seconds} s`,
      phase: 'machines',
      hint: "check 'region', 'endpoint' and the network",
    });
  }

  /**
   * All pages of an answer: one may be empty, and more follow all the same (the
   * API's NextToken). Throws as `call`.
   */
  async pages<Page>(
    doing: string,
    signal: AbortSignal,
    paginate: (config: { readonly client: EC2 }, options: CallOptions) => AsyncIterable<Page>,
  ): Promise<readonly Page[]> {
    return this.call(doing, signal, async (client, options) => {
      const pages: Page[] = [];
      for await (const page of paginate({ client }, options)) pages.push(page);
      return pages;
    });
  }

  [Symbol.dispose](): void {
    this.ec2.destroy();
    this.once.destroy();
  }
}

/**
 * Opens the API of a cloud. The SDK is loaded here and not before: it takes half a second.
 * Throws UsageError when no region is known.
 */
export async function openEc2(
  wish: Omit<Cloud, 'region'> & { readonly region?: string },
  patience: Patience,
): Promise<Ec2Api> {
  const sdk = await import('@aws-sdk/client-ec2').catch((cause) => {
    throw new ShakedownError({ message: `the AWS SDK could not be loaded: ${cause}`, hint: 'npm install' });
  });
  const { profile, endpoint } = wish;
  // A compatible cloud may have no regions, but signatures have one.
  const region = wish.region ?? (await profileRegion(sdk, profile)) ?? (endpoint && 'us-east-1');
  if (!region) {
    throw new UsageError("ec2: which region? Say region: 'eu-central-1' or such, or set AWS_REGION.");
  }
  return new Ec2Api({ ...wish, region }, sdk, patience);
}

/** The region of a profile in ~/.aws/config. */
async function profileRegion(sdk: Sdk, profile: string | undefined): Promise<string | undefined> {
  const client = new sdk.EC2(present({ profile }));
  try {
    return await client.config.region();
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}
