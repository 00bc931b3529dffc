import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EC2 } from '@aws-sdk/client-ec2';
import type { RunContext } from '../../../../main/context/run-context.ts';
import type { Patience } from '../../../../main/providers/ec2/api/ec2-api.ts';
import type { Ec2Options } from '../../../../main/providers/ec2/ec2-options.ts';
import { Ec2Provider } from '../../../../main/providers/ec2/ec2-provider.ts';
import { loginForNewMachines } from '../../../../main/providers/login-for-new-machines.ts';
import type { Cluster } from '../../../../main/providers/provider.ts';
import { newClusterId } from '../../../../main/run/machines/make-machines.ts';
import { runContext } from '../../../fakes/run-context.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { type MotoServer, startMoto } from './moto-server.ts';

export const region = 'eu-central-1';

/** Credentials as moto takes them: any; and no look at this machine for others. */
export const credentials = {
  AWS_ACCESS_KEY_ID: 'testing',
  AWS_SECRET_ACCESS_KEY: 'testing',
  AWS_EC2_METADATA_DISABLED: 'true',
};

/** A cloud of one's own: moto, with a proxy before it that has faults, and a main host's state. */
export interface Cloud extends AsyncDisposable {
  readonly moto: MotoServer;
  readonly proxy: FaultProxy;
  /** Past the proxy, for the tests' own look. */
  readonly ec2: EC2;
  /** Where the provider keeps its states. */
  readonly home: string;
  provider(env?: NodeJS.ProcessEnv, home?: string, wish?: Pick<Wish, 'patience' | 'real'>): Ec2Provider;
  context(more?: Partial<RunContext>): RunContext;
  create(options?: Partial<Ec2Options>, wish?: Wish): Promise<Cluster>;
  /** Ids and states of all that is there of a cluster, or of all clusters. */
  remains(cluster?: string): Promise<readonly string[]>;
}

interface Wish {
  readonly cluster?: string;
  readonly ctx?: Partial<RunContext>;
  readonly user?: string;
  readonly patience?: Partial<Patience>;
  /** Where its state is kept instead. */
  readonly home?: string;
  /** Its instances have machines, which answer by ssh. */
  readonly real?: boolean;
}

export async function startCloud(): Promise<Cloud> {
  Object.assign(process.env, credentials);
  const moto = await startMoto();
  const proxy = await startFaultProxy(moto.url);
  const ec2 = new EC2({ region, endpoint: moto.url });
  const home = mkdtempSync(join(tmpdir(), 'shakedown-ec2-'));
  const usual = { call: 20_000, request: 4000, settle: 100, seen: 5000, capacity: 100, state: 20_000 };
  const context: Cloud['context'] = (more) => runContext({ signal: AbortSignal.timeout(280_000), ...more });
  // What is in moto's books alone cannot be told the names of the others.
  const introduction = async () => undefined;
  const provider: Cloud['provider'] = (env = credentials, folder = home, { patience, real } = {}) =>
    new Ec2Provider({
      ...{ env, home: folder, patience: { ...usual, ...patience } },
      ...(real ? {} : { introduction }),
    });
  return {
    moto,
    proxy,
    ec2,
    home,
    provider,
    context,
    create: async (
      options = {},
      { cluster = newClusterId(), ctx, user, home: folder = home, ...wish } = {},
    ) => {
      const { count = 1 } = options;
      const login = await loginForNewMachines(user === undefined ? {} : { user }, '/var/cache/shakedown');
      const machines = Array.from({ length: count }, (_, id) => ({ id, name: `n${id}` }));
      const all = { count, region, endpoint: proxy.url, ...options };
      return provider(credentials, folder, wish).create(
        { cluster, machines, options: all, login, shares: [] },
        context(ctx),
      );
    },
    remains: (cluster) => remains(ec2, cluster),
    [Symbol.asyncDispose]: async () => {
      ec2.destroy();
      await proxy[Symbol.asyncDispose]();
      await moto[Symbol.asyncDispose]();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function remains(ec2: EC2, cluster = '*'): Promise<readonly string[]> {
  const query = { Filters: [{ Name: 'tag:shakedown', Values: [cluster] }] };
  const [instances, groups, keys, volumes, interfaces] = await Promise.all([
    ec2.describeInstances(query),
    ec2.describeSecurityGroups(query),
    ec2.describeKeyPairs(query),
    ec2.describeVolumes(query),
    ec2.describeNetworkInterfaces(query),
  ]);
  const living = (instances.Reservations ?? [])
    .flatMap(({ Instances = [] }) => Instances)
    .filter(({ State }) => State?.Name !== 'terminated');
  return [
    ...living.map(({ InstanceId, State }) => `${InstanceId} ${State?.Name}`),
    ...(groups.SecurityGroups ?? []).map(({ GroupId }) => `${GroupId}`),
    ...(keys.KeyPairs ?? []).map(({ KeyName }) => `${KeyName}`),
    ...(volumes.Volumes ?? []).map(({ VolumeId }) => `${VolumeId}`),
    ...(interfaces.NetworkInterfaces ?? []).map(({ NetworkInterfaceId }) => `${NetworkInterfaceId}`),
  ];
}
