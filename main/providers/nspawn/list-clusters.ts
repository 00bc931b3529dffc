import { readFile } from 'node:fs/promises';
import type { RunContext } from '../../context/run-context.ts';
import { clusterIdPattern } from '../cluster-id.ts';
import { listClusters as listHostClusters } from '../host/list-clusters.ts';
import { entries } from '../host/names-on-host.ts';
import { rootCanBeHad } from '../host/own-root.ts';
import type { ListedCluster } from '../provider.ts';
import { clusterOf, stateRoot } from './names.ts';

/** All clusters of this main host, those included of which there are only network namespaces or mounts. */
export async function listClusters(ctx: Pick<RunContext, 'signal'>): Promise<readonly ListedCluster[]> {
  // Whoever cannot be root made none, and cannot tell whose those are that others made.
  if (!rootCanBeHad()) return [];
  const more = async () => [...(await entries('/run/netns')), ...(await mounted())];
  return listHostClusters({ root: stateRoot, cgroup: 'shakedown', clusterOf, more }, ctx);
}

async function mounted(): Promise<readonly string[]> {
  const text = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  return [...text.matchAll(new RegExp(`${stateRoot}/(${clusterIdPattern})/`, 'g'))].map(([, id = '']) => id);
}
