import { heuristics } from './heuristics.ts';
import { searchShorter } from './search-shorter.ts';

/** The shortest schedule that is known of some files on some runners, each of which takes one at a time. */
export interface BestSchedule {
  /** ms from the first file's start to the last one's end. */
  readonly bestMs: number;
  /** `exact`: it is proven that none is shorter. Else how it was found. */
  readonly bestBy: 'exact' | keyof typeof heuristics;
  /**
   * No schedule can be shorter than the longest file, or than an even share of all. It may be that none is so
   * short: three equal files on two runners.
   */
  readonly boundMs: number;
}

/**
 * The best schedule for files of these durations, in whole ms: exact where they are few or luck has it, else
 * the best of what LPT, SLACK and MULTIFIT find.
 */
export function bestSchedule(durations: readonly number[], runners: number): BestSchedule {
  const works = durations.filter((ms) => ms > 0).toSorted((one, other) => other - one);
  const sum = works.reduce((all, ms) => all + ms, 0);
  const boundMs = Math.max(works[0] ?? 0, Math.ceil(sum / runners));
  const found = Object.entries(heuristics).map(([by, find]) => [by, find(works, runners)] as const);
  const [bestBy, ms] = found.reduce((best, each) => (each[1] < best[1] ? each : best));
  // No runner has two of the slowest `runners` + 1: one more has to share.
  const pair = works.length > runners ? (works[runners - 1] ?? 0) + (works[runners] ?? 0) : 0;
  const least = Math.max(boundMs, pair);
  if (ms <= least) return { bestMs: ms, bestBy: 'exact', boundMs };
  const { shortest, proven } = searchShorter(works, runners, { known: ms, least });
  if (proven) return { bestMs: shortest, bestBy: 'exact', boundMs };
  return { bestMs: ms, bestBy: bestBy as keyof typeof heuristics, boundMs };
}
