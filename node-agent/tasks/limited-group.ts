import { accessSync, constants } from 'node:fs';
import type { ControlGroup } from '../../common/processes/control-group.ts';

/** Whether the kernel limits the memory of groups that are made below this one, and we may move into them. */
export function limitsMemory(group: ControlGroup): boolean {
  if (!group.get('cgroup.subtree_control').split(/\s/).includes('memory')) return false;
  try {
    // Who moves a process needs that of what is around where it was and where it goes (cgroups(7)).
    accessSync(group.door, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Has the kernel end all processes of a group when they have more bytes together; false where it cannot. */
export function limitMemory(group: ControlGroup, bytes: number): boolean {
  // What is swapped out would not count. There is no such file without swap.
  group.set('memory.swap.max', '0');
  return group.set('memory.oom.group', '1') && group.set('memory.max', String(bytes));
}

/**
 * Bytes that its processes had, where the kernel ended them because they may have no more; else undefined.
 * `limit` where it does not tell, before Linux 5.19.
 */
export function lackedMemory(group: ControlGroup, limit: number): number | undefined {
  const events = group.get('memory.events');
  const count = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(events)?.[1] ?? 0);
  // Who ends for lack of memory of the whole node has not reached its own limit.
  if (count('oom') === 0 || count('oom_kill') === 0) return undefined;
  return Number(group.get('memory.peak')) || limit;
}
