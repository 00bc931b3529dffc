import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { isAlive, type ProcessIdentity } from '../../../common/process-identity.ts';
import { runAsRoot } from '../host/root-script.ts';
import type { ListedCluster } from '../provider.ts';
import { clusterOf, stateRoot } from './names.ts';

/** What lies in `state.json`. */
export interface QemuState {
  readonly id: string;
  readonly owner: ProcessIdentity;
}

/**
 * All clusters of this main host: those with a state, and those of which only stray things are left (links, cgroups,
 * nft tables). `signal` ends the look at the tables.
 */
export async function listClusters(signal: AbortSignal): Promise<readonly ListedCluster[]> {
  const groups = await entries('/sys/fs/cgroup');
  const names = await Promise.all([
    entries(stateRoot),
    entries('/sys/class/net'),
    entries('/sys/fs/cgroup/shakedown-qemu'),
    ...groups.map((group) => entries(`/sys/fs/cgroup/${group}/shakedown-qemu`)),
    tables(signal),
  ]);
  const ids = new Set(names.flat().flatMap((name) => clusterOf(name) ?? []));
  return Promise.all([...ids].map((id) => listed(id)));
}

/** One cluster as its folder below `root` tells it. */
export async function listed(id: string, root = stateRoot): Promise<ListedCluster> {
  const kept = existsSync(`${root}/${id}/kept`);
  try {
    const state: QemuState = JSON.parse(await readFile(`${root}/${id}/state.json`, 'utf8'));
    return { id, kept, ownerAlive: isAlive(state.owner) };
  } catch {
    // The state comes first and goes last: without it nobody owns what is left.
    return { id, kept, ownerAlive: false };
  }
}

const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** Only root may read them; without root there can be none of ours either. */
async function tables(signal: AbortSignal): Promise<string[]> {
  const failure = { message: 'could not list the nft tables' };
  const text = await runAsRoot('nft list tables', { signal, failure }).catch(() => '');
  return text.split(/\s+/);
}
