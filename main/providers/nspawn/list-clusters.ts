import { readFile } from 'node:fs/promises';
import { clusterIdPattern } from '../cluster-id.ts';
import { listed } from '../host/cluster-state.ts';
import { entries, namesOnHost } from '../host/names-on-host.ts';
import { rootCanBeHad } from '../host/own-root.ts';
import type { ListedCluster } from '../provider.ts';
import { clusterOf, stateRoot } from './names.ts';

/**
 * All clusters of this main host: those with a state, and those of which only stray things are left (links, network
 * namespaces, mounts, cgroups, nft tables). `signal` ends the look at the tables.
 */
export async function listClusters(signal: AbortSignal): Promise<readonly ListedCluster[]> {
  // Whoever cannot be root made none, and cannot tell whose those are that others made.
  if (!rootCanBeHad()) return [];
  const names = await Promise.all([
    entries(stateRoot),
    entries('/run/netns'),
    mounted(),
    namesOnHost('shakedown', signal),
  ]);
  const ids = new Set(names.flat().flatMap((name) => clusterOf(name) ?? []));
  return Promise.all([...ids].map((id) => listed(id, stateRoot)));
}

async function mounted(): Promise<string[]> {
  const text = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  return [...text.matchAll(new RegExp(`${stateRoot}/(${clusterIdPattern})/`, 'g'))].map(([, id = '']) => id);
}
