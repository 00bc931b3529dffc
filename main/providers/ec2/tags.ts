import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Tag } from '@aws-sdk/client-ec2';
import type { ProcessIdentity } from '../../../common/processes/process-identity.ts';
import { isClusterId } from '../cluster-id.ts';

/** The keys of our tags. What has the first one is ours; its value is the cluster's id. */
export const keys = {
  cluster: 'shakedown',
  node: 'shakedown:node',
  owner: 'shakedown:owner',
  maker: 'shakedown:maker',
  expires: 'shakedown:expires',
  kept: 'shakedown:kept',
  hostKey: 'shakedown:host-key',
} as const;

/** The name of a cluster's security group and key pair, and how those of its instances begin. */
export const nameOf = (cluster: string): string => `shakedown-${cluster}`;

/**
 * This main host, as far as another one in the same account could be taken
 * for it; machine-id(5) stays secret.
 */
export function mainHost(): string {
  const digest = createHash('sha256').update(`shakedown ${machineId()}`).digest('hex').slice(0, 8);
  return `${userInfo().username}@${hostname()} ${digest}`;
}

/** Without one the host's name must do. */
function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** The tags that everything of a cluster gets when it is made. */
export function clusterTags(
  cluster: string,
  { maker, expires }: { readonly maker: ProcessIdentity; readonly expires: Date },
): Tag[] {
  const { pid, startTime = '', bootId = '' } = maker;
  return [
    { Key: keys.cluster, Value: cluster },
    { Key: keys.owner, Value: mainHost() },
    { Key: keys.maker, Value: [pid, startTime, bootId].join(' ') },
    { Key: keys.expires, Value: expires.toISOString() },
  ];
}

/** What the tags of a thing tell. */
export interface Told {
  readonly cluster: string;
  readonly owner: string;
  readonly maker: ProcessIdentity | undefined;
  /** ms since the epoch; NaN where it is not told. */
  readonly expires: number;
  readonly kept: boolean;
  readonly node: number | undefined;
  readonly hostKey: string | undefined;
}

/** Undefined for what is not ours. */
export function readTags(tags: readonly Tag[] | undefined): Told | undefined {
  const of = (key: string) => tags?.find(({ Key }) => Key === key)?.Value;
  const cluster = of(keys.cluster) ?? '';
  if (!isClusterId(cluster)) return undefined;
  const [pid = '', startTime = '', bootId = ''] = (of(keys.maker) ?? '').split(' ');
  const node = of(keys.node);
  return {
    cluster,
    owner: of(keys.owner) ?? '',
    maker: /^\d+$/.test(pid)
      ? { pid: Number(pid), ...(startTime ? { startTime } : {}), ...(bootId ? { bootId } : {}) }
      : undefined,
    expires: Date.parse(of(keys.expires) ?? ''),
    kept: of(keys.kept) === 'true',
    node: node === undefined ? undefined : Number(node),
    hostKey: of(keys.hostKey),
  };
}
