import { phaseNames } from '../../common/results.ts';
import type { Span } from '../../common/span.ts';
import { type RunRecord, spansOf } from './run-record.ts';

/**
 * The phases of the cluster as a whole, in the order in which they began. A phase that nodes
 * take by themselves counts from the first that began to the last that ended; what was taken
 * for all of them at once stands for itself.
 */
export function wholePhases(record: Pick<RunRecord, 'spans'>): readonly Span[] {
  const phases = spansOf(record, 'phase');
  const ofNodes = [...new Set(phases.map(({ name }) => name))].flatMap((name) => {
    const steps = phases.filter((span) => span.name === name && span.node !== undefined);
    return steps.length > 0 ? [hullOf(name, steps)] : [];
  });
  const order: readonly string[] = phaseNames;
  const place = ({ name }: Span) => order.indexOf(name);
  return [...phases.filter(({ node }) => node === undefined), ...ofNodes].toSorted(
    (one, other) => one.startMs - other.startMs || place(one) - place(other),
  );
}

function hullOf(name: string, steps: readonly Span[]): Span {
  const startMs = Math.min(...steps.map((step) => step.startMs));
  const endMs = Math.max(...steps.map((step) => step.startMs + step.durationMs));
  const verdict = steps.find((step) => step.verdict !== 'pass')?.verdict ?? 'pass';
  return { kind: 'phase', name, startMs, durationMs: endMs - startMs, verdict };
}
