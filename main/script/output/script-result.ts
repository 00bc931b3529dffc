import type { FailureDetails } from '../../../common/errors.ts';
import type { Verdict } from '../../../common/results.ts';

/** What a script came to on one machine. A non-zero exit is a result, not an error. */
export interface ScriptResult {
  /**
   * As a shell tells it: 128 and the number for a signal; 124 when it ran into
   * its time limit, as with timeout(1).
   */
  readonly exitCode: number;
  readonly timedOut: boolean;
  /** The first MiB; all of it is in `stdoutFile`, so that memory stays bounded whatever a script prints. */
  readonly stdout: string;
  readonly stderr: string;
  /** Absolute, on the main host. */
  readonly stdoutFile: string;
  readonly stderrFile: string;
  /** What was brought back: absolute paths on the main host. */
  readonly files: readonly string[];
  readonly machine: ScriptMachineFacts;
  readonly durations: ScriptDurations;
  /** What could not be brought back, and what may explain a failure: sentences. */
  readonly problems: readonly string[];
}

export interface ScriptMachineFacts {
  /** Its number in the run, from 0: the one in `nodes/<n>`. */
  readonly id: number;
  readonly name: string;
  readonly address: string;
  readonly provider: string;
  /** Its release, where it was made. */
  readonly os?: string;
  /** It is still there. */
  readonly kept: boolean;
}

/**
 * ms; a step that was not taken is 0. `spawn` and `destroy` are those of
 * all machines that were made together.
 */
export interface ScriptDurations {
  readonly spawn: number;
  readonly connect: number;
  readonly send: number;
  readonly run: number;
  readonly get: number;
  readonly destroy: number;
}

/** One machine's part of a run: a result, or why there is none. */
export interface ScriptOutcome {
  readonly name: string;
  readonly result?: ScriptResult;
  /** The machine could not be made or reached, went away, or the script was interrupted. */
  readonly error?: FailureDetails;
}

/** A script's run on all its machines. */
export interface ScriptRun {
  /** The run's id; its directory, absolute. */
  readonly id: string;
  readonly directory: string;
  readonly verdict: Verdict;
  /**
   * The first one that is not 0, in the machines' order. Ours are 3 when it is not known what the script
   * comes to, or machines could not be taken away, and 130 when it was interrupted.
   */
  readonly exitCode: number;
  readonly interrupted: boolean;
  readonly machines: readonly ScriptOutcome[];
  /** What went wrong that is no script's exit code. */
  readonly failures: readonly FailureDetails[];
}
