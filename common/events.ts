import type { FailureDetails } from './errors.ts';
import type { MachineActRecord } from './machine-acts.ts';
import type { CheckResult, ClockMeasure, PhaseName, PhaseTiming, Verdict } from './results.ts';
import type { Span } from './span.ts';

/**
 * The version of the events below: raised when a reader of them must know
 * of a change. `run-started` tells it.
 */
export const eventsVersion = 1;

/** A node as the reader of events knows it. */
export interface EventNode {
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly role?: string;
}

/**
 * What happens in a run, in the order in which it happens: the lines of `events.ndjson` and of `--json`, and
 * all that the live display knows. `at` is the time in ms since the epoch.
 */
export type RunEvent = { readonly at: number } & (
  | {
      readonly type: 'run-started';
      readonly eventsVersion: typeof eventsVersion;
      readonly run: string;
      readonly scenario: string;
      readonly directory: string;
    }
  | { readonly type: 'nodes-known'; readonly nodes: readonly EventNode[] }
  | { readonly type: 'phase-started'; readonly phase: PhaseName; readonly node?: number }
  | { readonly type: 'phase-ended'; readonly timing: PhaseTiming }
  /** Something worth a line: a package that is downloaded, a service that became ready. */
  | { readonly type: 'note'; readonly message: string; readonly node?: number; readonly phase?: PhaseName }
  /** A whole machine was rebooted, cut off, taken back … */
  | { readonly type: 'machine-act'; readonly done: MachineActRecord }
  /** A fault, a task … ended: whatever has no event of its own. */
  | { readonly type: 'span-ended'; readonly span: Span }
  | { readonly type: 'clock-measured'; readonly measure: ClockMeasure }
  | { readonly type: 'check-started'; readonly name: string }
  /** A runner of a distribution has begun these test files, in one process. */
  | {
      readonly type: 'files-begun';
      readonly runner: string;
      /** The name of its node. */
      readonly node: string;
      readonly files: readonly string[];
    }
  /** It has ended them. */
  | { readonly type: 'files-ended'; readonly runner: string }
  /** A test file has a result; it may get another one, where its runner turns out to be broken. */
  | {
      readonly type: 'file-result';
      readonly file: string;
      readonly verdict: Verdict;
      readonly durationMs: number;
      readonly message?: string;
      /** Files that have a result by now, and files in all. */
      readonly settled: number;
      readonly files: number;
    }
  | { readonly type: 'check-ended'; readonly check: CheckResult }
  /** `first`: it is the first cause, as far as is known: one that is told later may have happened before. */
  | { readonly type: 'failure'; readonly failure: FailureDetails; readonly first: boolean }
  | {
      readonly type: 'run-ended';
      readonly verdict: Verdict;
      readonly durationMs: number;
      readonly exitCode: number;
    }
);

/** A RunEvent before it is stamped with the time. */
export type RunEventBody = RunEvent extends infer E
  ? E extends { at: number }
    ? Omit<E, 'at'>
    : never
  : never;
