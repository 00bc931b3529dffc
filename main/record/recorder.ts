import {
  asShakedownError,
  type FailureDetails,
  ShakedownError,
  type UsageError,
} from '../../common/errors.ts';
import type { RunEventBody } from '../../common/events.ts';
import type { MachineActRecord } from '../../common/machine-acts.ts';
import { present } from '../../common/present.ts';
import {
  type CheckResult,
  type ClockMeasure,
  clockTolerance,
  type InstalledPackage,
  type UsedLayer,
  type Verdict,
} from '../../common/results.ts';
import type { ServiceDied } from '../../common/service-status.ts';
import { checkSpan, machineActSpan, phaseSpan, type Span } from '../../common/span.ts';
import { printableData } from '../../common/text/printable.ts';
import { cutFailure } from './bounds.ts';
import { addWhere } from './explain.ts';
import { type DatedFailure, FailureList } from './failure-list.ts';
import { Outcome } from './outcome.ts';
import { type RunFacts, recordVersion } from './run-record.ts';
import { type RunResult, resultOf } from './run-result.ts';
import { serviceDeath } from './service-death.ts';
import { located, type NodeAddress, type Step } from './step.ts';
import { Trail } from './trail.ts';

/** Keeps what a run comes to, while it comes: the first cause, what followed, and all that took its time. */
export class Recorder {
  readonly installed: Record<string, readonly InstalledPackage[]> = {};
  readonly layers: Record<string, UsedLayer> = {};
  readonly collectProblems: Record<string, readonly string[]> = {};
  readonly unmatched: Record<string, readonly string[]> = {};
  readonly #outcome = new Outcome();
  readonly #failures = new FailureList();
  readonly #trail: Trail;
  readonly #emit: (event: RunEventBody) => void;

  constructor(emit: (event: RunEventBody) => void, clock: () => number) {
    this.#emit = emit;
    this.#trail = new Trail(clock);
  }

  /** In the order in which they happened: the first one is the cause, though it may have been told later. */
  get failures(): readonly FailureDetails[] {
    return this.#failures.all;
  }

  get startedAt(): number {
    return this.#trail.startedAt;
  }

  /** Takes a step of a run: times it, tells of it, and gives what it throws the phase and the node. */
  readonly step: Step = async (phase, action, machine) => {
    const startMs = this.#trail.now;
    const where = present({ node: machine?.id });
    this.#emit({ type: 'phase-started', phase, ...where });
    let ended: { verdict: Verdict; message?: string } = { verdict: 'pass' };
    try {
      return await action();
    } catch (error) {
      const failure = located(error, phase, machine);
      const { message } = failure;
      ended = { verdict: failure instanceof ShakedownError ? failure.verdict : 'error', message };
      throw failure;
    } finally {
      const { verdict, message } = ended;
      const timing = { phase, ...where, startMs, durationMs: this.#trail.now - startMs, verdict };
      this.#trail.keep({ ...phaseSpan(timing), ...present({ message }) });
      this.#emit({ type: 'phase-ended', timing });
    }
  };

  /**
   * Takes a failure down, at the moment that it tells (`at`), or now. What was only broken off because of
   * another one is left out.
   */
  fail(error: unknown, brokenOff = false): void {
    const details = this.#outcome.take(error, brokenOff);
    if (details) this.#failed(details, (failure) => this.#failures.add(failure));
  }

  /** The connection to a machine was lost, which nobody asked for: a failure, whoever missed it. */
  nodeLost({ id: node, address }: NodeAddress, reason: unknown): void {
    const { details } = asShakedownError(reason, { node, address });
    this.#failed(details, (failure) => this.#failures.addLoss({ ...failure, node }));
  }

  /**
   * Adds what came to be known later of a failure wherever that is told: `why`,
   * in the words that follow `told`.
   */
  explain(told: string, why: string): void {
    for (const list of [this.#failures.all, this.#trail.spans, this.#trail.events]) addWhere(told, why, list);
  }

  /** A listener for one machine's services: a death is the system's failure, whatever the checks say. */
  serviceDied(machine: NodeAddress): (died: ServiceDied) => void {
    return (died) => {
      const at = this.#trail.ago(died.agoMs);
      const death = serviceDeath(died, machine, at);
      const { name } = died;
      this.#trail.happened({ kind: 'service-died', name, node: machine.id, message: death.message }, at);
      this.fail(death);
    };
  }

  readonly machineAct = (done: MachineActRecord): void => {
    this.#trail.keep(machineActSpan(done));
    this.#emit({ type: 'machine-act', done });
  };

  /** Anything else that took its time, as a fault or a task. */
  readonly span = (span: Span): void => {
    this.#trail.keep(span);
    this.#emit({ type: 'span-ended', span });
  };

  /** How far a node's clock is from ours, as it was found right now. */
  readonly clockMeasured = (measured: Omit<ClockMeasure, 'atMs'>): void => {
    const measure = this.#trail.clockMeasured(measured);
    this.#emit({ type: 'clock-measured', measure });
    const { node, offsetMs } = measure;
    if (Math.abs(offsetMs) < clockTolerance) return;
    const away = `${Math.round(Math.abs(offsetMs) / 1000)} s ${offsetMs > 0 ? 'ahead of' : 'behind'}`;
    this.#emit({ type: 'note', node, message: `its clock is ${away} the main host's` });
  };

  readonly checkStarted = (name: string): void => this.#emit({ type: 'check-started', name });

  /** A listener for checks; one that was only broken off, with `signal`, is no failure of its own. */
  readonly checkEnded =
    (signal: AbortSignal) =>
    (check: CheckResult): void => {
      this.#trail.keep(checkSpan(check, Math.max(0, this.#trail.now - check.durationMs)));
      this.#emit({ type: 'check-ended', check });
      if (signal.aborted || (check.verdict !== 'fail' && check.verdict !== 'error')) return;
      const message = `check '${check.name}': ${check.message ?? check.verdict}`;
      this.fail(new ShakedownError({ message, verdict: check.verdict, phase: 'check' }));
    };

  /** The mistake of the user that ended the run before it could tell anything of the cluster. */
  get usage(): UsageError | undefined {
    return this.#outcome.usage;
  }

  get interrupted(): boolean {
    return this.#outcome.interrupted;
  }

  get verdict(): Verdict {
    return this.#outcome.verdict(this.failures);
  }

  get exitCode(): number {
    return this.#outcome.exitCode(this.failures);
  }

  /** All that the run has come to by now; printable, for nodes said much of it. */
  result({ exitCode = this.exitCode, kept, ...facts }: RunFacts): RunResult {
    const { now, spans, events, clocks } = this.#trail;
    return resultOf({
      recordVersion,
      ...facts,
      verdict: this.verdict,
      exitCode,
      startedAt: this.startedAt,
      durationMs: now,
      failures: [...this.failures],
      spans: [...spans],
      events: events.toSorted((one, other) => one.atMs - other.atMs),
      clocks: [...clocks],
      installed: printableData(this.installed),
      ...present({ layers: Object.keys(this.layers).length === 0 ? undefined : { ...this.layers } }),
      collectProblems: printableData(this.collectProblems),
      unmatched: printableData(this.unmatched),
      ...present({ kept }),
    });
  }

  /** `add` gives whether it is the first now, or nothing when it is known. */
  #failed(details: FailureDetails, add: (failure: DatedFailure) => boolean | undefined): void {
    const at = this.#trail.moment(details.at);
    const failure = { ...cutFailure(printableData(details)), at };
    const first = add(failure);
    if (first === undefined) return;
    const { phase: name = 'run', node, message } = failure;
    this.#trail.happened({ kind: 'failure', name, ...present({ node }), message }, at);
    this.#emit({ type: 'failure', failure, first });
  }
}
