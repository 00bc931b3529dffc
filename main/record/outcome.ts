import { asShakedownError, type FailureDetails, InterruptedError, UsageError } from '../../common/errors.ts';
import { exitCodes } from '../../common/exit-codes.ts';
import type { Verdict } from '../../common/results.ts';

/** What the errors of a run make of it: its failures, its verdict, and its exit code. */
export class Outcome {
  /** The mistake of the user that ended the run before it could tell anything of the cluster. */
  usage: UsageError | undefined;
  interrupted = false;
  readonly #told = new WeakSet<Error>();

  /**
   * Takes an error, which may be told by several, once. Gives what it says as a failure of the run; nothing
   * for a mistake of the user, an interruption, and, with `brokenOff`, what was only broken off because of
   * another failure.
   */
  take(error: unknown, brokenOff: boolean): FailureDetails | undefined {
    if (error instanceof Error) {
      if (this.#told.has(error)) return undefined;
      this.#told.add(error);
    }
    if (error instanceof UsageError) this.usage ??= error;
    else if (error instanceof InterruptedError) this.interrupted = true;
    else if (!brokenOff || !isAbort(error)) return asShakedownError(error).details;
    return undefined;
  }

  /** With these failures, the first cause first. */
  verdict([first]: readonly FailureDetails[]): Verdict {
    if (this.interrupted || this.usage) return 'error';
    return first ? (first.verdict ?? 'error') : 'pass';
  }

  /** The same as an exit code. */
  exitCode(failures: readonly FailureDetails[]): number {
    if (this.interrupted) return exitCodes.interrupted;
    if (this.usage) return exitCodes.usage;
    const verdict = this.verdict(failures);
    return verdict === 'pass' || verdict === 'fail' ? exitCodes[verdict] : exitCodes.error;
  }
}

function isAbort(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause)
    if (each.name === 'AbortError') return true;
  return false;
}
