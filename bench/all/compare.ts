import type { Measure } from './programs.ts';

/** What was measured once, and is compared with. */
export interface Recorded {
  readonly value: number;
  /** The day, as 2026-11-26. */
  readonly date: string;
  readonly machine: string;
  readonly command: string;
}

/** By the names of measures. */
export type Records = Readonly<Record<string, Recorded>>;

/** A measure beside what is recorded of it and what is aimed at. */
export interface Row extends Measure {
  /** Undefined where it could not be measured. */
  readonly measured: number | undefined;
  readonly recorded: Recorded | undefined;
  readonly verdict: 'fine' | 'worse' | 'not measured' | 'new';
}

/** How much worse than what is recorded one may be. */
export const tolerance = 0.25;

/** Each measure beside its record: `worse` where it is more than a quarter above it. */
export function compare(
  measures: readonly Measure[],
  measured: ReadonlyMap<string, number>,
  records: Records,
): readonly Row[] {
  return measures.map((measure) => {
    const [value, recorded] = [measured.get(measure.name), records[measure.name]];
    return { ...measure, measured: value, recorded, verdict: verdictOf(value, recorded) };
  });
}

function verdictOf(value: number | undefined, recorded: Recorded | undefined): Row['verdict'] {
  if (value === undefined || !Number.isFinite(value)) return 'not measured';
  if (recorded === undefined) return 'new';
  return value > recorded.value * (1 + tolerance) ? 'worse' : 'fine';
}

/** The rows as a table of Markdown, as it stands in README.md. */
export function table(rows: readonly Row[]): string {
  const cell = (value: number | undefined) => (value === undefined ? '' : value.toFixed(value >= 10 ? 0 : 2));
  const lines = rows.map(({ name, recorded, goal, measured, verdict }) =>
    ['', name, cell(recorded?.value), cell(goal), cell(measured), verdict, ''].join(' | ').trim(),
  );
  return ['| measure | recorded | goal | measured | |', '|---|---|---|---|---|', ...lines, ''].join('\n');
}
