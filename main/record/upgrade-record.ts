import { z } from 'zod';
import type { MachineActRecord } from '../../common/machine-acts.ts';
import type { CheckResult, PhaseName, PhaseTiming } from '../../common/results.ts';
import { checkSpan, machineActSpan, phaseSpan, type Span } from '../../common/span.ts';
import { bounds } from './bounds.ts';
import { common, spanFields } from './record-schema.ts';
import { type RunRecord, recordVersion } from './run-record.ts';
import { wholePhases } from './whole-phases.ts';

const { node, startMs, durationMs, verdict, by, message, detail } = spanFields;
const name = z.string().max(bounds.name);

/**
 * What shakedown up to 0.2 wrote, which had no version of its own: phases,
 * checks and acts, each in its own shape.
 */
const firstRecord = z.object({
  ...common,
  checks: z
    .array(
      z.object({
        ...{ name, kind: name, verdict, durationMs, message, detail },
        file: name.exactOptional(),
      }) satisfies z.ZodType<CheckResult>,
    )
    .max(bounds.spans),
  machineActs: z
    .array(
      z.object({
        ...{ node: node.unwrap(), startMs, durationMs, verdict, by, message },
        act: z.enum(['reboot', 'powerOff', 'powerOn', 'snapshot', 'restore']),
        name: name.exactOptional(),
      }) satisfies z.ZodType<MachineActRecord>,
    )
    .max(bounds.spans)
    .exactOptional(),
  phases: z
    .array(
      z.object({
        ...{ node, startMs, durationMs, verdict },
        phase: name.transform((phase) => phase as PhaseName),
      }) satisfies z.ZodType<PhaseTiming>,
    )
    .max(bounds.spans),
});

/** Version 1 as the version of today: its checks did not say when they began, and no clock was kept. */
export const upgradedRecord: z.ZodType<RunRecord> = firstRecord.transform(
  ({ checks, machineActs = [], phases, ...rest }) => ({
    recordVersion,
    ...rest,
    spans: [
      ...withoutWholes(phases.map(phaseSpan)),
      ...checkSpans(checks, phases),
      ...machineActs.map(machineActSpan),
    ],
    events: [],
    clocks: [],
  }),
);

/** One after the other, from the beginning of their phase: their own times were not written down. */
function checkSpans(checks: readonly CheckResult[], phases: readonly PhaseTiming[]): readonly Span[] {
  let atMs = phases.find(({ phase }) => phase === 'check')?.startMs ?? 0;
  return checks.map((check) => {
    const span = checkSpan(check, atMs);
    atMs += check.durationMs;
    return span;
  });
}

/** Without the times of phases as a whole that were worked out from those of the nodes. */
function withoutWholes(spans: readonly Span[]): readonly Span[] {
  const ofNodes = spans.filter(({ node }) => node !== undefined);
  const same = (one: Span, other: Span) =>
    one.name === other.name && one.startMs === other.startMs && one.durationMs === other.durationMs;
  const workedOut = wholePhases({ spans: ofNodes });
  return spans.filter((span) => span.node !== undefined || !workedOut.some((whole) => same(whole, span)));
}
