import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isAlive, type ProcessIdentity } from '../../../common/processes/process-identity.ts';
import type { ListedCluster } from '../provider.ts';

/**
 * What lies in the `state.json` of a cluster's folder below its kind's root. A file `kept` beside it says
 * that it was kept.
 */
export interface ClusterState {
  readonly id: string;
  readonly owner: ProcessIdentity;
}

/** One cluster as its folder below `root` tells it. */
export async function listed(id: string, root: string): Promise<ListedCluster> {
  const kept = existsSync(`${root}/${id}/kept`);
  try {
    const state: ClusterState = JSON.parse(await readFile(`${root}/${id}/state.json`, 'utf8'));
    return { id, kept, ownerAlive: isAlive(state.owner) };
  } catch {
    // The state comes first and goes last: without it nobody owns what is left.
    return { id, kept, ownerAlive: false };
  }
}
