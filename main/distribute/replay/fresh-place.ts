import { posix } from 'node:path';
import { ShakedownError } from '../../../common/errors.ts';
import type { Agent } from '../../agent/agent.ts';

/**
 * Slots of what is run again: it has a place of its own on the nodes, without what the tests of earlier runs
 * left in theirs.
 */
export const replaySlot = (slot: number): number => 1000 + slot;

/** Takes away what a place has of an earlier time. `project`: its folder, as it is sent. */
export async function clearPlace(agent: Agent, project: string, signal: AbortSignal): Promise<void> {
  const { directory } = await agent.planProject(project, [], { signal });
  await removePlace(agent, directory, signal);
}

/** `project`: absolute. */
export async function removePlace(agent: Agent, project: string, signal: AbortSignal): Promise<void> {
  const place = posix.dirname(project);
  const { exitCode, stderr } = await agent.exec(['rm', '-rf', '--', place], { signal });
  if (exitCode !== 0) {
    throw new ShakedownError({ message: `${place} cannot be removed: ${stderr.trim()}`, exitCode });
  }
}
