import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ControlGroup } from '../../../common/processes/control-group.ts';

/** Where systemd's own hierarchy may be: version 1, both, version 2. */
const roots = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup'];

/**
 * Whether there are processes in a control group (`/system.slice/etcd.service`; empty for none), or below
 * it. Undefined where the node does not tell.
 */
export function hasProcesses(group: string): boolean | undefined {
  const known = roots.filter((root) => existsSync(join(root, 'cgroup.procs')));
  if (known.length === 0) return undefined;
  return group !== '' && known.some((root) => new ControlGroup(join(root, group)).find().length > 0);
}
