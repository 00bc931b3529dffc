import { styleText } from 'node:util';
import type { FailureDetails } from '../../common/errors.ts';
import { type ClockMeasure, clockTolerance, type Verdict } from '../../common/results.ts';
import type { Span } from '../../common/span.ts';
import type { RunRecord } from '../record/run-record.ts';
import { worstClock } from '../record/timeline/node-clock.ts';

/** `1.2 s`, `3 min 4 s`, `85 ms`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** ` (2.1 s later)`: how long after the first cause something failed; empty where a run did not tell. */
export function laterInWords({ at }: FailureDetails, { at: first }: FailureDetails): string {
  return at === undefined || first === undefined ? '' : ` (${duration(at - first)} later)`;
}

/** `312 B`, `1.2 kB`, `48 MB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, value] = bytes < 1_000_000 ? ['kB', bytes / 1e3] : ['MB', bytes / 1e6];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** What is told of the first interrupt. */
export const interrupted = 'interrupted: collecting what there is (once more to leave that out)';

const rank = { fail: 0, error: 1, skip: 2, pass: 3 } as const;

/** What failed, then what could not be told, what was skipped, what passed. */
export const worstFirst = (spans: readonly Span[]): readonly Span[] =>
  spans.toSorted((one, other) => rank[one.verdict] - rank[other.verdict]);

const signs = { pass: '✓', fail: '✗', error: '!', skip: '-' } as const;
const colours = { pass: 'green', fail: 'red', error: 'yellow', skip: 'gray' } as const;

/** Puts colour on text where colour is wanted. */
export type Paint = (colour: 'green' | 'red' | 'yellow' | 'gray' | 'bold' | 'cyan', text: string) => string;

/** Colour on terminals, unless NO_COLOR (no-color.org) says otherwise. */
export function painter(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const wanted = stream.isTTY === true && !env.NO_COLOR;
  return (colour, text) => (wanted ? styleText(colour, text, { validateStream: false }) : text);
}

/** Columns of a terminal; 100 where the output goes elsewhere, as into a file. */
export const widthOf = ({ columns }: { readonly columns?: number }): number => columns || 100;

export const sign = (verdict: Verdict, paint: Paint): string => paint(colours[verdict], signs[verdict]);

export const verdictWord = (verdict: Verdict, paint: Paint): string =>
  paint('bold', paint(colours[verdict], verdict.toUpperCase()));

/** `1 node`, `3 nodes`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

/** `3.2 s ahead (± 0.4 ms)`: a node's clock beside the main host's. */
export function clockInWords({ offsetMs, uncertaintyMs }: ClockMeasure): string {
  const exactness = `± ${uncertaintyMs < 10 ? uncertaintyMs.toFixed(1) : Math.ceil(uncertaintyMs)} ms`;
  if (Math.abs(offsetMs) <= uncertaintyMs) return `same (${exactness})`;
  const away = Math.abs(offsetMs) < 10 ? `${Math.abs(offsetMs).toFixed(1)} ms` : duration(Math.abs(offsetMs));
  return `${away} ${offsetMs > 0 ? 'ahead' : 'behind'} (${exactness})`;
}

/** Sentences about the nodes whose clocks are further from the main host's than they should be. */
export const clockWarnings = (record: Pick<RunRecord, 'nodes' | 'clocks'>): readonly string[] =>
  record.nodes.flatMap(({ id, name }) => {
    const worst = worstClock(record, id);
    if (!worst || Math.abs(worst.offsetMs) < clockTolerance) return [];
    return [`the clock of node ${id} (${name}) is ${clockInWords(worst)}`];
  });
