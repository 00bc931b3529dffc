import type { Judgement } from '../hand-out/judgement.ts';

/** A runner without work runs a file that another one has. */
export const copyInWords = (path: string, runner: string): string =>
  `runner ${runner} runs ${path}, too, which takes long elsewhere: whichever is done first counts`;

/** `budget`: the part of all files that may have failed, 0 to 1. */
export const spentInWords = (failed: number, files: number, budget: number): string =>
  `${failed} of ${files} files have failed, which is more than the retry budget of ${Number((budget * 100).toFixed(2))}%: something is broken, and nothing more is run again`;

/** A file that is not run again; `whys`: what happened each time. */
export const takedownsInWords = (whys: readonly string[]): string =>
  `it has taken down ${whys.length} runners, and is tried no more: ${whys.join('; ')}`;

/** One that may be broken. */
export function doubtInWords({ of, files }: Extract<Judgement, { kind: 'doubted' }>): string {
  const who = 'runner' in of ? `runner ${of.runner}` : `node ${of.node}`;
  return `${who} may be broken, for the last ${files.length} files that it had have failed (${someOf(files)}): ${files[0]} is run elsewhere, and the others, too, if that passes there`;
}

/** The first few. */
export const someOf = (files: readonly string[]): string =>
  `${files.slice(0, 3).join(', ')}${files.length > 3 ? ', …' : ''}`;
