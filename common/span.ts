import { actInWords, type MachineActRecord } from './machine-acts.ts';
import { present } from './present.ts';
import type { CheckResult, PhaseTiming, Verdict } from './results.ts';

/** Everything that has a beginning, an end and a verdict. */
export const spanKinds = ['phase', 'check', 'machine-act', 'fault', 'task'] as const;

export type SpanKind = (typeof spanKinds)[number];

/** Something that took its time in a run, whatever it was: reports show all of them in the same way. */
export interface Span {
  readonly kind: SpanKind;
  /** As a person reads it: a phase, a check's full name, `power off`, `snapshot 'before'`. */
  readonly name: string;
  /** Which one of its kind: `tcp`, `http`, `command` or `test` for a check, `powerOff` for a machine act. */
  readonly type?: string;
  /** What it was about: a check's file (relative to the scenario's folder), a snapshot's name. */
  readonly subject?: string;
  readonly node?: number;
  /** ms since the run began, by the main host's clock. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly verdict: Verdict;
  /** The check that asked for it, by its full name; absent when the run itself did it. */
  readonly by?: string;
  /** One paragraph: what went wrong. */
  readonly message?: string;
  /** Longer evidence: a diff, a source excerpt, the last output. */
  readonly detail?: string;
  /** How it failed the other times, in their order, where it was run more than once. */
  readonly reruns?: readonly SpanRerun[];
}

/** A failure of something that was run more than once. */
export interface SpanRerun {
  readonly verdict: Verdict;
  readonly message?: string;
  readonly detail?: string;
}

export const phaseSpan = ({ phase, ...times }: PhaseTiming): Span => ({
  kind: 'phase',
  name: phase,
  ...times,
});

/** `startMs`: a check's result says only how long it took. */
export const checkSpan = ({ kind, file, ...check }: CheckResult, startMs: number): Span => ({
  ...check,
  kind: 'check',
  type: kind,
  ...present({ subject: file }),
  startMs,
});

export const machineActSpan = ({ act, name, ...done }: MachineActRecord): Span => ({
  ...done,
  kind: 'machine-act',
  name: actInWords({ act, ...present({ name }) }),
  type: act,
  ...present({ subject: name }),
});

/** `power off, by the check 'loses its power'`, and what went wrong, without the node and the time. */
export function describeSpan({ name, by, message }: Pick<Span, 'name' | 'by' | 'message'>): string {
  const asker = by === undefined ? '' : `, by the check '${by}'`;
  return `${name}${asker}${message === undefined ? '' : `: ${message}`}`;
}
