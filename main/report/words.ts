import { styleText } from 'node:util';
import type { Verdict } from '../../common/results.ts';

/** `1.2 s`, `3 min 4 s`, `85 ms`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

const signs = { pass: '✓', fail: '✗', error: '!', skip: '-' } as const;
const colours = { pass: 'green', fail: 'red', error: 'yellow', skip: 'gray' } as const;

/** Puts colour on text where colour is wanted. */
export type Paint = (colour: 'green' | 'red' | 'yellow' | 'gray' | 'bold' | 'cyan', text: string) => string;

/** Colour on terminals, unless NO_COLOR (no-color.org) says otherwise. */
export function painter(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  const wanted = stream.isTTY === true && !env.NO_COLOR;
  return (colour, text) => (wanted ? styleText(colour, text, { validateStream: false }) : text);
}

export const sign = (verdict: Verdict, paint: Paint): string => paint(colours[verdict], signs[verdict]);

export const verdictWord = (verdict: Verdict, paint: Paint): string =>
  paint('bold', paint(colours[verdict], verdict.toUpperCase()));
