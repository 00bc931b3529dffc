import type { MachineActRecord } from '../../common/machine-acts.ts';
import { present } from '../../common/present.ts';
import type { CheckResult, PhaseName, PhaseTiming } from '../../common/results.ts';
import type { Span } from '../../common/span.ts';
import { type RunRecord, spansOf } from './run-record.ts';
import { wholePhases } from './whole-phases.ts';

/**
 * A run's record as users know it, and what `run.json` holds: its spans once more as phases, checks and
 * machine acts. Who reads a record takes the spans; these are for scripts around `run.json`.
 */
export interface RunResult extends RunRecord {
  readonly checks: readonly (CheckResult & { readonly startMs: number })[];
  /** What was done to whole machines, in its order, if anything was. */
  readonly machineActs?: readonly MachineActRecord[];
  /** On each node, and (without `node`) as a whole. */
  readonly phases: readonly PhaseTiming[];
}

export function resultOf(record: RunRecord): RunResult {
  const acts = spansOf(record, 'machine-act').map(asMachineAct);
  const phases = spansOf(record, 'phase').filter(({ node }) => node !== undefined);
  return {
    ...record,
    checks: spansOf(record, 'check').map(asCheck),
    ...present({ machineActs: acts.length === 0 ? undefined : acts }),
    phases: [...phases, ...wholePhases(record)].map(asPhase),
  };
}

const asPhase = ({ name, node, startMs, durationMs, verdict }: Span): PhaseTiming => ({
  phase: name as PhaseName,
  ...present({ node }),
  startMs,
  durationMs,
  verdict,
});

const asCheck = ({ name, type = '', subject, verdict, startMs, durationMs, message, detail }: Span) => ({
  name,
  kind: type,
  ...{ verdict, startMs, durationMs },
  ...present({ file: subject, message, detail }),
});

const asMachineAct = ({ type, subject, node = 0, by, startMs, durationMs, verdict, message }: Span) => ({
  node,
  act: type as MachineActRecord['act'],
  ...present({ name: subject, by }),
  ...{ startMs, durationMs, verdict },
  ...present({ message }),
});
