import { present } from '../../../common/present.ts';
import type { Span } from '../../../common/span.ts';
import type { RunRecord } from '../run-record.ts';
import { type RunTime, runTimeOf } from './node-clock.ts';

/** What happened in a run, all of it on one axis: ms since the run began, by the main host's clock. */
export interface Timeline {
  readonly endMs: number;
  readonly lanes: readonly Lane[];
  /** In the order of time. */
  readonly moments: readonly Moment[];
}

/** What one node did, or the main host. */
export interface Lane {
  readonly name: string;
  readonly node?: number;
  /** Spans that overlap stand in different rows. */
  readonly rows: readonly (readonly Span[])[];
}

export interface Moment extends RunTime {
  readonly kind: 'failure' | 'service-died' | 'line';
  readonly node?: number;
  readonly text: string;
}

/** A line of a node's own log. */
export interface NodeLine {
  readonly node: number;
  /** ms since the epoch, by the node's clock. */
  readonly epochMs: number;
  readonly text: string;
}

/** Lines of a node whose clock was never measured are left out: nobody knows where they belong. */
export function timelineOf(record: RunRecord, lines: readonly NodeLine[] = []): Timeline {
  const ends = record.spans.map(({ startMs, durationMs }) => startMs + durationMs);
  const lane = (name: string, belongs: (span: Span) => boolean, node?: number): Lane => ({
    name,
    ...present({ node }),
    rows: inRows(record.spans.filter(belongs)),
  });
  const lanes = [
    lane('run', ({ node, kind }) => node === undefined && kind !== 'check'),
    lane('checks', ({ kind }) => kind === 'check'),
    ...record.nodes.map(({ id, name }) =>
      lane(name, ({ node, kind }) => node === id && kind !== 'check', id),
    ),
  ];
  return {
    endMs: ends.reduce((latest, end) => Math.max(latest, end), 1),
    lanes: lanes.filter(({ rows, node }) => rows.length > 0 || node !== undefined),
    moments: momentsOf(record, lines),
  };
}

function momentsOf(record: RunRecord, lines: readonly NodeLine[]): readonly Moment[] {
  const events = record.events.map(
    ({ kind, node, atMs, message }): Moment => ({
      kind,
      ...present({ node }),
      atMs,
      uncertaintyMs: 0,
      text: message,
    }),
  );
  const written = lines.flatMap(({ node, epochMs, text }): readonly Moment[] => {
    const time = runTimeOf(record, node, epochMs);
    return time ? [{ kind: 'line', node, text, ...time }] : [];
  });
  return [...events, ...written].toSorted((one, other) => one.atMs - other.atMs);
}

/** Each span in the first row in which it finds room. */
function inRows(spans: readonly Span[]): Span[][] {
  const rows: Span[][] = [];
  for (const span of spans.toSorted((one, other) => one.startMs - other.startMs)) {
    const free = rows.find((row) => endOf(row.at(-1)) <= span.startMs);
    if (free) free.push(span);
    else rows.push([span]);
  }
  return rows;
}

const endOf = (span: Span | undefined): number => (span ? span.startMs + span.durationMs : 0);
