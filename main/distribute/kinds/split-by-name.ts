import { hasOption, type SplitByTests } from './split-by-tests.ts';

/** A pattern that takes all names but these. `inner`: what stands for ` > ` in them. */
export function allBut(names: readonly string[], inner = ' > '): string {
  const patterns = names.map((name) => escaped(name).replaceAll(' > ', inner));
  return `^(?!\\s*(?:${patterns.join('|')})$)`;
}

/** A name as a pattern of JavaScript's that only it matches, on one line. */
export const escaped = (name: string): string =>
  name
    .replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
    .replaceAll(/[\n\r\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** By full titles, which it takes a pattern for; what does not match is not told. */
export const splitMocha: SplitByTests = {
  idOf: (_, test) => test,
  leaveOut: (ids) => ({ words: ['--grep', allBut(ids)] }),
  refuses: (words, { files, read }) =>
    hasOption(words, /^(-[gfi]|--(f?grep|invert))(=|$)/) ||
    [...files.filter((path) => /^\.mocharc\./.test(path)), 'package.json'].some((path) =>
      /\b(f?grep|invert)\b["']?\s*:/.test(read(path)),
    ),
};

/** Names of groups and tests, in whatever way a framework joins them: by a space, Vitest 5 by ` > `. */
const joined = (id: string): string => id.replaceAll(/[\s>]/g, '');
const between = ' (?:> )?';

/** By full names; what does not match is told as skipped. */
export const splitVitest: SplitByTests = {
  idOf: (_, test) => test,
  keys: () => joined,
  leaveOut: (ids) => ({ words: ['--testNamePattern', allBut(ids, between)] }),
  tellsOf: (id, leftOut) => leftOut.some((other) => joined(other) === joined(id)),
  refuses: (words, { files, read }) =>
    hasOption(words, /^(-t|--test-?[nN]ame-?[pP]attern)(=|$)/) ||
    files.some(
      (path) => /(^|\/)vite(st)?\.\w+\.[cm]?[jt]s$/.test(path) && /testNamePattern/.test(read(path)),
    ),
};

/** The same, but upper and lower case are one to it. */
const anyCase = (id: string): string => joined(id).toUpperCase();

export const splitJest: SplitByTests = {
  ...splitVitest,
  keys: () => anyCase,
  tellsOf: (id, leftOut) => leftOut.some((other) => anyCase(other) === anyCase(id)),
  refuses: (words) => hasOption(words, /^(-t|--testNamePattern)(=|$)/),
};
