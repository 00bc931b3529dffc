import type { RanWhere } from '../results/test-result.ts';
import { type BestSchedule, bestSchedule } from './best-schedule.ts';

/** One process of tests, as it ran. */
export interface RanProcess {
  readonly ran: RanWhere;
  /** ms */
  readonly took: number;
}

/** How well the runners were used; ms. What is best is reckoned without the starts of processes. */
export interface Schedule extends BestSchedule {
  /** From the start of the first process of tests to the end of the last. */
  readonly wallMs: number;
  /** What all processes took, as if one had run after the other. */
  readonly inARowMs: number;
}

/** Of these processes, and of what each file took, in whole ms. Undefined where nothing ran. */
export function scheduleOf(
  processes: readonly RanProcess[],
  files: readonly number[],
  runners: number,
): Schedule | undefined {
  if (processes.length === 0) return undefined;
  const first = processes.reduce(
    (least, { ran }) => Math.min(least, ran.startedAt),
    Number.POSITIVE_INFINITY,
  );
  const last = processes.reduce((most, { ran, took }) => Math.max(most, ran.startedAt + took), 0);
  const inARowMs = processes.reduce((sum, { took }) => sum + took, 0);
  return { wallMs: last - first, inARowMs, ...bestSchedule(files, Math.max(1, runners)) };
}
