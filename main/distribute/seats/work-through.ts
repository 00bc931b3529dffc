import { ColdExecutor } from '../executors/cold-executor.ts';
import type { Halt } from '../executors/executor.ts';
import { WarmExecutor } from '../executors/warm-executor.ts';
import type { Place, Work } from '../executors/work.ts';
import type { Runner, Seat } from './seat.ts';

/**
 * Takes files from the queue and has them run until there are none, the run is to end, or the node is lost:
 * then this gives why.
 */
export async function workThrough(seat: Seat, runner: Runner, work: Work): Promise<string | undefined> {
  const { queue } = work.suite;
  let halt: Halt | undefined;
  const executor = executorOf({ seat, runner, work }, (why) => {
    halt ??= why;
    queue.leave(runner.id);
  });
  for (;;) {
    const batch = await queue.next(runner.id, executor.wants);
    if (!batch) break;
    await executor.give(batch);
  }
  await executor.idle();
  await executor.close();
  const why = halt as Halt | undefined;
  return why?.kind === 'lost' ? why.reason : undefined;
}

function executorOf(place: Place, halted: (halt: Halt) => void) {
  const { warm } = place.work.distribution;
  return warm ? new WarmExecutor(warm, place, halted) : new ColdExecutor(place, halted);
}
