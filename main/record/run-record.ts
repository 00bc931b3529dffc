import type { FailureDetails } from '../../common/errors.ts';
import type { EventNode } from '../../common/events.ts';
import type { ClockMeasure, InstalledPackage, UsedLayer, Verdict } from '../../common/results.ts';
import type { Span, SpanKind } from '../../common/span.ts';

/**
 * The version of what `run.json` holds. A change that a reader must know of raises it; see upgrade-record.ts.
 */
export const recordVersion = 2;

/**
 * What a run was: all that its reports are made of. Times in ms; those with
 * `startMs` or `atMs` since the run began.
 */
export interface RunRecord {
  readonly recordVersion: typeof recordVersion;
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
  /** What took its time, in the order in which it ended. */
  readonly spans: readonly Span[];
  /** What happened at one moment, in its order. */
  readonly events: readonly RecordEvent[];
  /** How far the nodes' clocks were from the main host's, in the order in which it was measured. */
  readonly clocks: readonly ClockMeasure[];
  /** By node id. */
  readonly installed: Readonly<Record<string, readonly InstalledPackage[]>>;
  /** What nodes started from in place of an installation, by node id; absent where none did. */
  readonly layers?: Readonly<Record<string, UsedLayer>>;
  /** What could not be collected, by node id. */
  readonly collectProblems: Readonly<Record<string, readonly string[]>>;
  /** What of `collect` matched nothing, by node id; older runs had it in `collectProblems`. */
  readonly unmatched?: Readonly<Record<string, readonly string[]>>;
  /** Kept machines: their cluster's id. */
  readonly kept?: string;
  /** The versions that made it. */
  readonly versions: { readonly shakedown: string; readonly node: string };
}

export interface RecordEvent {
  readonly kind: 'failure' | 'service-died';
  /** The phase in which it failed, the service that died; `run` where neither is known. */
  readonly name: string;
  readonly node?: number;
  readonly atMs: number;
  readonly message: string;
}

/** What the recorder cannot know by itself. */
export interface RunFacts
  extends Pick<RunRecord, 'id' | 'scenario' | 'directory' | 'provider' | 'nodes' | 'versions'> {
  /** Another one than what follows from the verdict. */
  readonly exitCode?: number;
  readonly kept?: string | undefined;
}

export const spansOf = (
  { spans }: Pick<RunRecord, 'spans'>,
  ...kinds: readonly SpanKind[]
): readonly Span[] => spans.filter(({ kind }) => kinds.includes(kind));
