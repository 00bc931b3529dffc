import type { FailureDetails } from '../../common/errors.ts';
import type { EventNode } from '../../common/events.ts';
import type { MachineActRecord } from '../../common/machine-acts.ts';
import type { CheckResult, InstalledPackage, PhaseTiming, Verdict } from '../../common/results.ts';

/** All that a run came to: the contents of `run.json`. */
export interface RunResult {
  readonly id: string;
  readonly scenario: string;
  /** The scenario's folder, absolute. */
  readonly directory: string;
  readonly verdict: Verdict;
  readonly exitCode: number;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly durationMs: number;
  readonly provider: string;
  readonly nodes: readonly EventNode[];
  /** The first cause, and then what failed because of it or after it. */
  readonly failures: readonly FailureDetails[];
  readonly checks: readonly CheckResult[];
  /** What was done to whole machines, in its order, if anything was. */
  readonly machineActs?: readonly MachineActRecord[];
  readonly phases: readonly PhaseTiming[];
  /** By node id. */
  readonly installed: Readonly<Record<string, readonly InstalledPackage[]>>;
  /** What could not be collected, by node id. */
  readonly collectProblems: Readonly<Record<string, readonly string[]>>;
  /** Kept machines: their cluster's id. */
  readonly kept?: string;
  /** The versions that made it. */
  readonly versions: { readonly shakedown: string; readonly node: string };
}

/** What a record cannot know by itself. */
export interface RunFacts
  extends Pick<RunResult, 'id' | 'scenario' | 'directory' | 'provider' | 'nodes' | 'versions'> {
  /** Another one than what follows from the verdict. */
  readonly exitCode?: number;
  readonly kept?: string | undefined;
}
