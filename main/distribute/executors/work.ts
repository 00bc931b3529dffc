import type { DistributeLog } from '../results/distribute-log.ts';
import type { ProcessOutput } from '../results/process-output.ts';
import type { RanWhere } from '../results/test-result.ts';
import type { Runner, Seat } from '../seats/seat.ts';
import type { Distribution } from '../suite/distribution.ts';
import type { Suite } from '../suite/suite.ts';
import type { ProcessEnd } from './start-process.ts';

/** What runners need besides their places. */
export interface Work {
  readonly suite: Suite;
  readonly distribution: Distribution;
  readonly log: DistributeLog;
  /** The run's directory. */
  readonly directory: string;
  readonly signal: AbortSignal;
  readonly clock: () => number;
  /** A process of tests has ended. */
  readonly processEnded: (ran: RanWhere, end: ProcessEnd, output: ProcessOutput) => void;
  /** A sentence for the person, about a node. */
  readonly note: (node: number, message: string) => void;
}

/** One runner, with what it works for. */
export interface Place {
  readonly seat: Seat;
  readonly runner: Runner;
  readonly work: Work;
}
