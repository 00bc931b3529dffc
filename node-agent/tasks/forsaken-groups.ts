import { rmdirSync, statSync } from 'node:fs';
import type { ControlGroup } from '../../common/processes/control-group.ts';

/** The name of the group of an agent's tasks. */
export const agentGroup = (id: string): string => `shakedown-${id}`;

const isAgentGroup = /^shakedown-[0-9a-f]{16}$/;

/**
 * Minutes since which nothing was made in a group that nobody needs: what is joined at all is joined at once.
 */
const quiet = 60;

/**
 * Removes the groups of agents that are no more, below `above`: where an agent was killed and its state was
 * removed with it, as with a temporary folder, nobody else knows of them. A group with a process in it stays
 * (the kernel removes none), and so does one that is younger than an hour. Never throws.
 */
export function removeForsakenGroups(above: ControlGroup, now = Date.now()): void {
  for (const group of above.below()) if (isAgentGroup.test(group.name)) removeQuiet(group, now);
}

function removeQuiet(group: ControlGroup, now: number): void {
  try {
    // Read before what is in it goes, which is a change, too.
    const { mtimeMs } = statSync(group.directory);
    for (const inner of group.below()) removeQuiet(inner, now);
    if (now - mtimeMs > quiet * 60_000) rmdirSync(group.directory);
  } catch {
    // It is in use, or gone.
  }
}
