import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCanBeHad } from './own-root.ts';
import { runAsRoot } from './root-script.ts';
import { shellFile } from './shell-file.ts';

/** The names in a folder; none where there is no such folder. */
export const entries = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/**
 * The names under which a cluster's stray things may be found on this main host: links, nft tables, and
 * cgroups below `cgroup` in every hierarchy. `signal` ends the look at the tables.
 */
export async function namesOnHost(cgroup: string, signal: AbortSignal): Promise<string[]> {
  // Whoever cannot be root made none of them.
  if (!rootCanBeHad()) return [];
  const hierarchies = await entries('/sys/fs/cgroup');
  const names = await Promise.all([
    entries('/sys/class/net'),
    entries(`/sys/fs/cgroup/${cgroup}`),
    ...hierarchies.map((hierarchy) => entries(`/sys/fs/cgroup/${hierarchy}/${cgroup}`)),
    tables(signal),
  ]);
  return names.flat();
}

/** Only root may read them; without root there can be none of ours either. */
async function tables(signal: AbortSignal): Promise<string[]> {
  const failure = { message: 'could not list the nft tables' };
  const text = await runAsRoot(shellFile(join(import.meta.dirname, 'shell'), 'list-tables.sh'), {
    signal,
    failure,
  }).catch(() => '');
  return text.split(/\s+/);
}
