import type { ClockMeasure } from '../../common/results.ts';
import type { Agent } from '../agent/agent.ts';
import type { RunContext } from '../context/run-context.ts';

/** Takes down how far a node's clock is from ours. */
export type ClockListener = (measured: Omit<ClockMeasure, 'atMs'>) => void;

/**
 * Looks at a node's clock, in one round trip, and tells `listener` how far it is from ours. Nothing is told
 * of a node that does not answer: what is asked of it next says why. Never throws.
 */
export async function lookAtClock(
  { id, agent }: { readonly id: number; readonly agent: Agent },
  listener: ClockListener,
  { clock, signal }: Pick<RunContext, 'clock' | 'signal'>,
): Promise<void> {
  try {
    const asked = clock();
    const { clockMs } = await agent.call('clock', {}, { signal });
    const answered = clock();
    // Both clocks tell whole ms.
    const uncertaintyMs = (answered - asked) / 2 + 1;
    listener({ node: id, offsetMs: clockMs - (asked + answered) / 2, uncertaintyMs });
  } catch {
    // The node is gone, or the run is.
  }
}
