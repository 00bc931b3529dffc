import { setTimeout as sleep } from 'node:timers/promises';
import { signalAll } from '../common/processes/signal-all.ts';
import type { AgentState } from './agent-state.ts';
import { hasSystemd } from './node-facts.ts';
import { policyOriginals } from './packages/install.ts';
import { MarkedProcesses } from './proc/marked-processes.ts';
import { signalGroup } from './process.ts';
import { ServiceLeaders } from './services/service-leaders.ts';
import { letAllRestart } from './services/units/held-down.ts';
import { UnitRecord } from './services/units/unit-record.ts';
import { TaskGroups } from './tasks/task-groups.ts';

/** Where it stands that the services go on without an agent. */
const held = 'held.json';

/** From now on, until `finishAll`, the services outlive whichever agent is there. On disk when it returns. */
export const holdServices = (state: AgentState): void => state.write(held, true);

export const isHeld = (state: AgentState): boolean => state.read(held, false);

/** What is done at an agent's end, by itself or by its guard: services that are held go on. */
export async function finishUnlessHeld(state: AgentState): Promise<void> {
  if (!isHeld(state)) return await finishAll(state);
  await endTasks(state, () => new MarkedProcesses(state.id).findTasks());
  if (hasSystemd()) await letAllRestart();
  await policyOriginals(state).restore();
}

/** Stops and undoes what an agent that is no more (or this one) left, held or not. May be called twice. */
export async function finishAll(state: AgentState): Promise<void> {
  const marked = new MarkedProcesses(state.id);
  const leaders = new ServiceLeaders(state);
  await endTasks(state, () => [...marked.find(), ...leaders.running()]);
  for (const pid of leaders.running()) signalGroup(pid, 'SIGKILL');
  await marked.end();
  if (hasSystemd()) await new UnitRecord(state).stopAll();
  await policyOriginals(state).restore();
  if (isHeld(state)) state.write(held, false);
}

/** Ends the processes of all tasks, and `besides`. */
async function endTasks(state: AgentState, besides: () => number[]): Promise<void> {
  const groups = new TaskGroups(state);
  const find = () => [...new Set([...besides(), ...groups.find()])];
  if (signalAll(find(), 'SIGTERM') > 0) {
    // A shell that waits ends at once; to look for processes is work, where they take longer.
    let pause = 2;
    for (const begin = performance.now(); find().length > 0 && performance.now() - begin < 2000; ) {
      await sleep(pause);
      pause = Math.min(25, 2 * pause);
    }
    signalAll(find(), 'SIGKILL');
  }
  await groups.end();
}
