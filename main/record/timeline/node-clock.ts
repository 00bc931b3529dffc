import type { ClockMeasure } from '../../../common/results.ts';
import type { RunRecord } from '../run-record.ts';

/** A moment of a run: ms since it began by the main host's clock, and by how much that may be wrong. */
export interface RunTime {
  readonly atMs: number;
  readonly uncertaintyMs: number;
}

type Clocks = Pick<RunRecord, 'clocks'>;

/** What was measured of a node's clock, in the order of time. */
const clockOf = ({ clocks }: Clocks, node: number): readonly ClockMeasure[] =>
  clocks.filter((each) => each.node === node).toSorted((one, other) => one.atMs - other.atMs);

/**
 * The look at a node's clock that found it furthest from ours for sure; of
 * several that found it equal, the surest.
 */
export const worstClock = (record: Clocks, node: number): ClockMeasure | undefined =>
  clockOf(record, node).toSorted(
    (one, other) => surelyAway(other) - surelyAway(one) || one.uncertaintyMs - other.uncertaintyMs,
  )[0];

const surelyAway = ({ offsetMs, uncertaintyMs }: ClockMeasure): number =>
  Math.max(0, Math.abs(offsetMs) - uncertaintyMs);

/**
 * When, on the run's own axis, a node wrote down `epochMs` by its own clock. Its clock is taken to go evenly
 * between two measures, and to stay as it was before the first and after the last. One that was set back had
 * some times twice: the surer one is given. Undefined where its clock was never looked at.
 */
export function runTimeOf(
  record: Clocks & Pick<RunRecord, 'startedAt'>,
  node: number,
  epochMs: number,
): RunTime | undefined {
  const measures = clockOf(record, node);
  const sinceStart = epochMs - record.startedAt;
  const [first] = measures;
  if (!first) return undefined;
  const found = [undefined, ...measures].flatMap((before, index) => {
    const after = measures[index];
    const time = inStretch(before, after, sinceStart);
    const begun = time && time.atMs >= (before?.atMs ?? 0) - time.uncertaintyMs;
    return begun && time.atMs <= (after?.atMs ?? Number.POSITIVE_INFINITY) + time.uncertaintyMs ? [time] : [];
  });
  const [surest] = found.toSorted((one, other) => one.uncertaintyMs - other.uncertaintyMs);
  // What was written before the run began.
  return surest ?? inStretch(undefined, first, sinceStart);
}

/** As seen from between two measures, of which one may be missing. */
function inStretch(
  before: ClockMeasure | undefined,
  after: ClockMeasure | undefined,
  sinceStart: number,
): RunTime | undefined {
  if (before && after) return between(before, after, sinceStart);
  const only = before ?? after;
  return only && { atMs: sinceStart - only.offsetMs, uncertaintyMs: only.uncertaintyMs };
}

function between(before: ClockMeasure, after: ClockMeasure, sinceStart: number): RunTime {
  const [from, to] = [before.atMs + before.offsetMs, after.atMs + after.offsetMs];
  const part = to === from ? 1 : (sinceStart - from) / (to - from);
  const known = Math.max(before.uncertaintyMs, after.uncertaintyMs);
  const moved = Math.abs(after.offsetMs - before.offsetMs);
  // A clock that was set in between was so at a moment that nobody knows.
  const wasSet = moved > before.uncertaintyMs + after.uncertaintyMs;
  return {
    atMs: before.atMs + part * (after.atMs - before.atMs),
    uncertaintyMs: wasSet ? known + moved : known,
  };
}
