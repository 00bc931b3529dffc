import type { Judgement } from '../results/judge.ts';
import { isBad, type RanWhere } from '../results/test-result.ts';
import type { Seat } from '../seats/seat.ts';
import type { Work } from './work.ts';

export interface Ended {
  readonly ran: RanWhere;
  readonly judged: Judgement;
  /** What is told where only all of its files together fail. */
  readonly why: string;
  /** ms */
  readonly took: number;
}

/**
 * Puts down what came of files that ended by themselves. Where some of them failed, and what tests need of
 * their node is found to be missing, that is the node's failure and not theirs: they are run elsewhere, and
 * the node gets no more files.
 */
export async function putDown(
  { ran, judged, why, took }: Ended,
  { seat, work }: { readonly seat: Seat; readonly work: Work },
): Promise<void> {
  const { suite, signal } = work;
  const good = judged.results.filter((result) => !isBad(result));
  const bad = [...judged.results.filter(isBad).map(({ file }) => file), ...judged.apart];
  const trouble = bad.length > 0 ? await seat.health.look(signal) : undefined;
  if (trouble === undefined) {
    suite.ended(ran, judged, why);
    return;
  }
  if (good.length > 0) suite.ended(ran, { results: good, apart: [] }, why);
  suite.fell(ran, bad, { why: `${seat.name}: ${trouble}`, ofNode: true }, Math.round(took));
  for (const { id } of seat.runners) suite.queue.leave(id);
}
