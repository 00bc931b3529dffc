import { ColdExecutor } from '../executors/cold-executor.ts';
import type { Executor } from '../executors/executor.ts';
import type { Work } from '../executors/work.ts';
import type { Runner, Seat } from './seat.ts';

/**
 * Takes files from the queue and has them run until there are none, the run is to end, or the node is lost:
 * then this gives why.
 */
export async function workThrough(seat: Seat, runner: Runner, work: Work): Promise<string | undefined> {
  const executor: Executor = new ColdExecutor(seat, runner, work);
  for (;;) {
    const batch = await work.suite.queue.next(runner.id);
    const halt = await (batch ? executor.give(batch) : executor.idle());
    if (halt) return halt.kind === 'lost' ? halt.reason : undefined;
    if (!batch) break;
  }
  await executor.close();
  return undefined;
}
