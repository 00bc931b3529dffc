import { machine } from 'node:os';
import { nodeCacheDirectory } from '../../common/protocol/node-cache.ts';
import type { Share } from '../providers/provider.ts';
import { agentBundle } from './bundle.ts';
import { agentIn, packIn } from './install.ts';
import { architectureOf, nodeRuntime } from './runtime.ts';

/**
 * What a machine on this main host needs to see so that no agent must be sent to it: the
 * runtime's folder and the agent's files, each at the path where `installAgent` looks. Absolute
 * paths; `source` exists when this resolves.
 */
export async function agentShares(cacheDir: string): Promise<Share[]> {
  const [bundle, runtime] = await Promise.all([
    agentBundle(cacheDir),
    nodeRuntime(architectureOf(machine()), cacheDir),
  ]);
  return [
    { source: runtime.directory, target: `${nodeCacheDirectory}/node-${runtime.digest}` },
    { source: bundle.loader.file, target: agentIn(nodeCacheDirectory, bundle) },
    { source: bundle.pack.file, target: packIn(nodeCacheDirectory, bundle) },
  ];
}
