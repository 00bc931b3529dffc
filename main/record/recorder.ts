import {
  asShakedownError,
  type FailureDetails,
  InterruptedError,
  ShakedownError,
  UsageError,
} from '../../common/errors.ts';
import type { RunEventBody } from '../../common/events.ts';
import { exitCodes } from '../../common/exit-codes.ts';
import type { MachineActRecord } from '../../common/machine-acts.ts';
import { present } from '../../common/present.ts';
import { printableData } from '../../common/printable.ts';
import type { ServiceDied } from '../../common/protocol.ts';
import {
  type CheckResult,
  type InstalledPackage,
  type PhaseName,
  type PhaseTiming,
  phaseNames,
  type Verdict,
} from '../../common/results.ts';
import type { RunFacts, RunResult } from './run-result.ts';
import type { NodeAddress, Step } from './step.ts';

/** Keeps what a run comes to, while it comes: the first cause, what followed, checks, times. */
export class Recorder {
  readonly failures: FailureDetails[] = [];
  readonly checks: CheckResult[] = [];
  readonly machineActs: MachineActRecord[] = [];
  readonly installed: Record<string, readonly InstalledPackage[]> = {};
  readonly collectProblems: Record<string, readonly string[]> = {};
  /** The mistake of the user that ended the run before it could tell anything of the cluster. */
  usage: UsageError | undefined;
  interrupted = false;
  readonly #told = new WeakSet<Error>();
  readonly #timings: PhaseTiming[] = [];
  readonly #emit: (event: RunEventBody) => void;
  readonly #clock: () => number;
  readonly #startedAt: number;

  constructor(emit: (event: RunEventBody) => void, clock: () => number) {
    this.#emit = emit;
    this.#clock = clock;
    this.#startedAt = clock();
  }

  get startedAt(): number {
    return this.#startedAt;
  }

  /** Takes a step of a run: times it, tells of it, and gives what it throws the phase and the node. */
  readonly step: Step = async (phase, action, machine) => {
    const startMs = this.#clock() - this.#startedAt;
    const where = machine === undefined ? {} : { node: machine.id };
    this.#emit({ type: 'phase-started', phase, ...where });
    let verdict: Verdict = 'pass';
    try {
      return await action();
    } catch (error) {
      const located = locate(error, phase, machine);
      verdict =
        located instanceof UsageError || located instanceof InterruptedError ? 'error' : located.verdict;
      throw located;
    } finally {
      const durationMs = this.#clock() - this.#startedAt - startMs;
      const timing: PhaseTiming = { phase, ...where, startMs, durationMs, verdict };
      this.#timings.push(timing);
      this.#emit({ type: 'phase-ended', timing });
    }
  };

  /** Takes a failure down; the first one is the cause. What was only broken off because of it is left out. */
  fail(error: unknown, brokenOff = false): void {
    if (error instanceof Error) {
      if (this.#told.has(error)) return;
      this.#told.add(error);
    }
    if (error instanceof UsageError) {
      this.usage ??= error;
      return;
    }
    if (error instanceof InterruptedError) {
      this.interrupted = true;
      return;
    }
    if (brokenOff && isAbort(error)) return;
    const failure = asShakedownError(error).details;
    this.failures.push(failure);
    this.#emit({ type: 'failure', failure, first: this.failures.length === 1 });
  }

  /** A listener for one machine's services: a death is the system's failure, whatever the checks say. */
  serviceDied(machine: NodeAddress): (died: ServiceDied) => void {
    return ({ name, exitCode, signal, lastLines }) => {
      const how = signal ? `by signal ${signal}` : `with exit code ${exitCode ?? 'unknown'}`;
      const message = `service '${name}' ended unasked ${how}`;
      const log = `nodes/${machine.id}/logs/${name}.log`;
      const where = { node: machine.id, address: machine.address };
      this.fail(new ShakedownError({ message, verdict: 'fail', lastLines, log, ...where }));
    };
  }

  readonly machineAct = (done: MachineActRecord): void => {
    this.machineActs.push(done);
    this.#emit({ type: 'machine-act', done });
  };

  readonly checkStarted = (name: string): void => this.#emit({ type: 'check-started', name });

  /** A listener for checks; one that was only broken off, with `signal`, is no failure of its own. */
  readonly checkEnded =
    (signal: AbortSignal) =>
    (check: CheckResult): void => {
      this.checks.push(check);
      this.#emit({ type: 'check-ended', check });
      if (signal.aborted || (check.verdict !== 'fail' && check.verdict !== 'error')) return;
      const message = `check '${check.name}': ${check.message ?? check.verdict}`;
      this.fail(new ShakedownError({ message, verdict: check.verdict, phase: 'check' }));
    };

  get verdict(): Verdict {
    if (this.interrupted || this.usage) return 'error';
    const [first] = this.failures;
    return first ? (first.verdict ?? 'error') : 'pass';
  }

  get exitCode(): number {
    if (this.interrupted) return exitCodes.interrupted;
    if (this.usage) return exitCodes.usage;
    return this.verdict === 'pass'
      ? exitCodes.pass
      : this.verdict === 'fail'
        ? exitCodes.fail
        : exitCodes.error;
  }

  /** All that the run has come to by now; printable, for nodes said much of it. */
  result({ exitCode = this.exitCode, kept, ...facts }: RunFacts): RunResult {
    return {
      ...facts,
      verdict: this.verdict,
      exitCode,
      startedAt: this.#startedAt,
      durationMs: this.#clock() - this.#startedAt,
      phases: this.timings(),
      ...printableData({
        failures: this.failures,
        checks: this.checks,
        ...(this.machineActs.length === 0 ? {} : { machineActs: this.machineActs }),
        installed: this.installed,
        collectProblems: this.collectProblems,
      }),
      ...present({ kept }),
    };
  }

  /** Every step's time, and for phases that nodes take by themselves also the time from the first to the last. */
  timings(): readonly PhaseTiming[] {
    const whole = phaseNames.flatMap((phase) => {
      const steps = this.#timings.filter((timing) => timing.phase === phase);
      return steps.length > 0 && steps.every((step) => step.node !== undefined) ? [spanOf(phase, steps)] : [];
    });
    return [...this.#timings, ...whole];
  }
}

function spanOf(phase: PhaseName, steps: readonly PhaseTiming[]): PhaseTiming {
  const startMs = Math.min(...steps.map((step) => step.startMs));
  const endMs = Math.max(...steps.map((step) => step.startMs + step.durationMs));
  const verdict = steps.find((step) => step.verdict !== 'pass')?.verdict ?? 'pass';
  return { phase, startMs, durationMs: endMs - startMs, verdict };
}

function locate(error: unknown, phase: PhaseName, machine: NodeAddress | undefined) {
  if (error instanceof UsageError || error instanceof InterruptedError) return error;
  const where = machine === undefined ? {} : { node: machine.id, address: machine.address };
  return asShakedownError(error, { phase, ...where });
}

function isAbort(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause)
    if (each.name === 'AbortError') return true;
  return false;
}
