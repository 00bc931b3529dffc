import { z } from 'zod';
import type { FailureDetails } from '../../common/errors.ts';
import type { EventNode } from '../../common/events.ts';
import type { ClockMeasure, InstalledPackage, PhaseName, UsedLayer, Verdict } from '../../common/results.ts';
import { type Span, type SpanRerun, spanKinds } from '../../common/span.ts';
import { bounds } from './bounds.ts';
import { type RecordEvent, type RunRecord, recordVersion } from './run-record.ts';

const name = z.string().max(bounds.name);
const text = z.string().max(bounds.text);
const node = z.int().min(0).max(bounds.nodes);
const ms = z.number();
const verdict: z.ZodType<Verdict> = z.enum(['pass', 'fail', 'error', 'skip']);
const nodeId = z.string().regex(/^\d+$/);
const byNode = <T>(entries: z.ZodType<T>) => z.record(nodeId, z.array(entries).max(bounds.list));

/** What is in the record of any version. */
export const common = {
  id: name,
  scenario: name,
  directory: name,
  verdict,
  exitCode: z.int(),
  startedAt: ms,
  durationMs: ms,
  provider: name,
  nodes: z
    .array(
      z.object({ id: node, name, address: name, role: name.exactOptional() }) satisfies z.ZodType<EventNode>,
    )
    .max(bounds.nodes),
  failures: z
    .array(
      z.object({
        message: text,
        verdict: z.enum(['fail', 'error']).exactOptional(),
        node: node.exactOptional(),
        address: name.exactOptional(),
        // A phase of another version has a name too.
        phase: name.transform((phase) => phase as PhaseName).exactOptional(),
        at: ms.exactOptional(),
        command: text.exactOptional(),
        shell: name.exactOptional(),
        exitCode: z.int().nullable().exactOptional(),
        lastLines: z.array(name).max(bounds.lines).exactOptional(),
        log: name.exactOptional(),
        hint: text.exactOptional(),
      }) satisfies z.ZodType<FailureDetails>,
    )
    .max(bounds.events),
  installed: byNode(
    z.object({ name, version: name, previous: name.exactOptional() }) satisfies z.ZodType<InstalledPackage>,
  ),
  layers: z
    .record(nodeId, z.object({ key: name, madeAt: ms, tookMs: ms }) satisfies z.ZodType<UsedLayer>)
    .exactOptional(),
  collectProblems: byNode(text),
  unmatched: byNode(text).exactOptional(),
  kept: name.exactOptional(),
  versions: z.object({ shakedown: name, node: name }),
};

export const spanFields = {
  node: node.exactOptional(),
  startMs: ms,
  durationMs: ms,
  verdict,
  by: name.exactOptional(),
  message: text.exactOptional(),
  detail: z.string().max(bounds.detail).exactOptional(),
};

const span = z.object({
  kind: z.enum(spanKinds),
  name,
  type: name.exactOptional(),
  subject: name.exactOptional(),
  ...spanFields,
  reruns: z
    .array(
      z.object({
        verdict,
        message: text.exactOptional(),
        detail: z.string().max(bounds.detail).exactOptional(),
      }) satisfies z.ZodType<SpanRerun>,
    )
    .max(bounds.list)
    .exactOptional(),
}) satisfies z.ZodType<Span>;

const event = z.object({
  kind: z.enum(['failure', 'service-died']),
  name,
  node: node.exactOptional(),
  atMs: ms,
  message: text,
}) satisfies z.ZodType<RecordEvent>;

const clock = z.object({
  node,
  atMs: ms,
  offsetMs: ms,
  uncertaintyMs: ms.min(0),
}) satisfies z.ZodType<ClockMeasure>;

/** The record as this version writes it; fields that are only there for scripts are left out. */
export const recordSchema: z.ZodType<RunRecord> = z.object({
  recordVersion: z.literal(recordVersion),
  ...common,
  spans: z.array(span).max(bounds.spans),
  events: z.array(event).max(bounds.events),
  clocks: z.array(clock).max(bounds.events),
});
