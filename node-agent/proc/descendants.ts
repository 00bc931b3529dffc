import type { ProcessStat } from './process-stat.ts';

/** Ids of those of some processes that are roots, and of all that descend from any of them. */
export function withDescendants(
  all: readonly ProcessStat[],
  isRoot: (process: ProcessStat) => boolean,
): ReadonlySet<number> {
  const found = new Set(all.filter(isRoot).map(({ pid }) => pid));
  for (let before = -1; before < found.size; ) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return found;
}
