import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where systemd's own hierarchy may be: version 1, both, version 2. */
const roots = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'];

/**
 * Whether there are processes in a control group (`/system.slice/etcd.service`; empty for none), or below it. Undefined
 * where the node does not tell.
 */
export function hasProcesses(group: string): boolean | undefined {
  const known = roots.filter((root) => existsSync(join(root, 'cgroup.procs')));
  if (known.length === 0) return undefined;
  return group !== '' && known.some((root) => populated(join(root, group)));
}

function populated(directory: string): boolean {
  try {
    if (readFileSync(join(directory, 'cgroup.procs'), 'utf8').trim() !== '') return true;
    const below = readdirSync(directory, { withFileTypes: true }).filter((each) => each.isDirectory());
    return below.some(({ name }) => populated(join(directory, name)));
  } catch {
    // It is gone, or goes while we look.
    return false;
  }
}
