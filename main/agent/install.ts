import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { present } from '../../common/present.ts';
import { nodeCacheDirectory } from '../../common/protocol/node-cache.ts';
import type { Remote } from '../remotes/remote.ts';
import { type AgentBundle, agentBundle } from './bundle.ts';
import type { Newcomer } from './hand-on/hand-on.ts';
import { type CachedFile, lookIntoCache, readRuntime } from './node-cache.ts';
import { packedFile } from './packed-file.ts';
import { putInCache, type Sending } from './put-in-cache.ts';
import { architectureOf, type NodeRuntime, nodeRuntime } from './runtime.ts';

/** Where they lie where none can be run from there (mounted noexec, for reading only, full). */
const otherCaches = [
  '/usr/local/lib/shakedown',
  '/opt/shakedown',
  '/root/.cache/shakedown',
  '/run/shakedown-cache',
];

/** The same for an agent with a user's rights: below the home, in which a login begins. */
const userCaches = ['.cache/shakedown', '.local/lib/shakedown'];

/** Whose rights an agent has: root's, by sudo where need be, or those of the user that logs in. */
export type AgentRights = 'root' | 'login';

export interface InstallOptions {
  readonly cacheDir: string;
  readonly signal?: AbortSignal;
  readonly log: (message: string) => void;
  /** Root's unless told. */
  readonly rights?: AgentRights;
  /** Other folders on the node, for tests. */
  readonly nodeCache?: string | readonly string[];
  /** The node among others of its run; alone, the main host sends it all. */
  readonly newcomer?: Newcomer | undefined;
}

/** Paths on the node. */
export interface InstalledAgent {
  readonly runtime: string;
  readonly agent: string;
}

/** Folders on the node, the most wanted first. */
export function nodeCaches({ rights = 'root', nodeCache }: InstallOptions): readonly string[] {
  if (nodeCache !== undefined) return typeof nodeCache === 'string' ? [nodeCache] : nodeCache;
  return rights === 'root' ? [nodeCacheDirectory, ...otherCaches] : userCaches;
}

export const runtimeIn = (cache: string, { digest }: NodeRuntime): string => `${cache}/node-${digest}/node`;
/** What Node runs, and what that loads from beside it. */
export const agentIn = (cache: string, { digest }: AgentBundle): string => `${cache}/agent-${digest}.cjs`;
export const packIn = (cache: string, { digest }: AgentBundle): string => `${cache}/agent-${digest}.pack`;

/**
 * Puts the runtime and the agent on a node, each under a name with its digest. What is there is
 * checked by its content before it is used, and sent again when it is not what it should be:
 * nothing else runs as root. One round trip tells what is missing; nothing is sent where all is
 * there, be it from an earlier run or through a share. Throws ShakedownError without root rights,
 * for other processors, or when the node's disk is full.
 */
export async function installAgent(remote: Remote, options: InstallOptions): Promise<InstalledAgent> {
  const { cacheDir, signal, log, rights = 'root', newcomer } = options;
  const root = rights === 'root';
  const caches = nodeCaches(options);
  const bundling = agentBundle(cacheDir);
  // It may fail while something else is awaited; it is awaited below.
  bundling.catch(() => {});
  const seen = await lookIntoCache(remote, { caches, root, ...present({ signal }) });
  if (seen.cache !== caches[0])
    log(`programs cannot be run from ${caches[0]}: the agent goes to ${seen.cache}`);
  const architecture = architectureOf(seen.machine);
  const [bundle, runtime] = await Promise.all([bundling, nodeRuntime(architecture, cacheDir)]);
  const target: InstalledAgent = {
    runtime: runtimeIn(seen.cache, runtime),
    agent: agentIn(seen.cache, bundle),
  };
  const send = { remote, root, log, ...present({ signal }) };
  const there = (path: string) => seen.files.find((file) => file.path === path);
  const [by] = isNear(remote.address) ? [] : seen.unpacks;
  if (!(await isRuntime(there(target.runtime), runtime, send))) {
    const fromHere = async () => {
      const packed = by && { by, file: await packedFile(runtime.file, runtime.directory, by) };
      await putInCache({ ...runtime, ...present({ packed }) }, target.runtime, '755', send);
    };
    const wanted = { file: runtime, target: target.runtime, sending: send, fromHere };
    await (newcomer ? newcomer.bring(architecture, wanted) : fromHere());
  }
  const { loader, pack } = bundle;
  const packTarget = packIn(seen.cache, bundle);
  if (there(packTarget)?.sha256 !== pack.sha256) {
    const packed = by && { by, file: await packedFile(pack.file, pack.file, by) };
    await putInCache({ ...pack, ...present({ packed }) }, packTarget, '644', send);
  }
  if (there(target.agent)?.sha256 !== loader.sha256) await putInCache(loader, target.agent, '644', send);
  return target;
}

/** Whether a file in the cache is the runtime, by its content. */
async function isRuntime(
  file: CachedFile | undefined,
  { size, sha256 }: NodeRuntime,
  { remote, root, log, ...options }: Sending,
): Promise<boolean> {
  if (file?.size !== size) return false;
  if (file.sha256 !== 'unread') return [sha256, 'share', '-'].includes(file.sha256);
  const found = await readRuntime(remote, file.path, { root, ...present({ signal: options.signal }) });
  if (found !== sha256) log(`${file.path} is not what it should be: it is sent again`);
  return found === sha256;
}

/**
 * Whether an address is this machine's or in a network that it is attached to:
 * there, unpacking costs more than sending less saves.
 */
export function isNear(address: string, interfaces = networkInterfaces()): boolean {
  const kind = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0) return false;
  const near = new BlockList();
  for (const { address: own, cidr, family } of Object.values(interfaces).flatMap((list) => list ?? [])) {
    const prefix = Number(cidr?.split('/')[1]);
    if (Number.isInteger(prefix)) near.addSubnet(own, prefix, family === 'IPv6' ? 'ipv6' : 'ipv4');
  }
  return near.check(address, kind);
}
