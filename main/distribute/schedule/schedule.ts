import type { Verdict } from '../../../common/results.ts';
import { type RanWhere, toTenth } from '../results/test-result.ts';
import { type BestSchedule, bestSchedule } from './best-schedule.ts';

/** One process of tests, as it ran. */
export interface RanProcess {
  readonly ran: RanWhere;
  /** ms */
  readonly took: number;
  /**
   * What it found out, in the order in which it ran them; a file of which it found out nothing is not there.
   */
  readonly files: readonly RanFile[];
}

export interface RanFile {
  readonly file: string;
  readonly verdict: Verdict;
  /** ms */
  readonly durationMs: number;
}

/** One hook, as it ran. */
export interface RanHook {
  readonly name: string;
  readonly node: number;
  /** Absent for hooks of a whole node. */
  readonly runner?: string;
  /** ms since the epoch. */
  readonly startedAt: number;
  /** ms */
  readonly took: number;
  readonly failed: boolean;
}

/** How well the runners were used; ms. What is best is reckoned without the starts of processes. */
export interface Schedule extends BestSchedule {
  /** From the start of the first process of tests to the end of the last. */
  readonly wallMs: number;
  /** What all processes took, as if one had run after the other. */
  readonly inARowMs: number;
  /** Runners that there were, those without a file among them. */
  readonly runners: number;
}

/** Of these processes, and of what each file took, in ms or tenths of them. Undefined where nothing ran. */
export function scheduleOf(
  processes: readonly Pick<RanProcess, 'ran' | 'took'>[],
  files: readonly number[],
  runners: number,
): Schedule | undefined {
  if (processes.length === 0) return undefined;
  const first = processes.reduce(
    (least, { ran }) => Math.min(least, ran.startedAt),
    Number.POSITIVE_INFINITY,
  );
  const last = processes.reduce((most, { ran, took }) => Math.max(most, ran.startedAt + took), 0);
  const inARowMs = toTenth(processes.reduce((sum, { took }) => sum + took, 0));
  return { wallMs: toTenth(last - first), inARowMs, runners, ...bestOf(files, Math.max(1, runners)) };
}

/** Which schedule is the best is reckoned with whole numbers. */
function bestOf(files: readonly number[], runners: number): BestSchedule {
  const parts = files.every(Number.isInteger) ? 1 : 10;
  const { bestMs, boundMs, bestBy } = bestSchedule(
    files.map((ms) => Math.round(parts * ms)),
    runners,
  );
  return { bestMs: bestMs / parts, bestBy, boundMs: boundMs / parts };
}
