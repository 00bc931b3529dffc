import type { RanWhere } from './test-result.ts';

/** One process of tests, as it ran. */
export interface RanProcess {
  readonly ran: RanWhere;
  /** ms */
  readonly took: number;
}

/** How well the runners were used; ms. */
export interface Schedule {
  /** From the start of the first process of tests to the end of the last. */
  readonly wallMs: number;
  /** What all processes took, as if one had run after the other. */
  readonly inARowMs: number;
  /**
   * No schedule of these processes on these runners could take less: the longest of them, or an even share.
   */
  readonly boundMs: number;
}

/** Undefined where nothing ran. */
export function scheduleOf(processes: readonly RanProcess[], runners: number): Schedule | undefined {
  if (processes.length === 0) return undefined;
  const starts = processes.map(({ ran }) => ran.startedAt);
  const ends = processes.map(({ ran, took }) => ran.startedAt + took);
  const inARowMs = processes.reduce((sum, { took }) => sum + took, 0);
  const longest = processes.reduce((most, { took }) => Math.max(most, took), 0);
  return {
    wallMs:
      ends.reduce((last, end) => Math.max(last, end)) -
      starts.reduce((first, start) => Math.min(first, start)),
    inARowMs,
    boundMs: Math.max(longest, Math.ceil(inARowMs / Math.max(1, runners))),
  };
}
