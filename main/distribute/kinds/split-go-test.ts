import { hasOption, type SplitByTests } from './split-by-tests.ts';

/**
 * By functions: a subtest goes with the one that it is in. `-skip` came with Go 1.20, so it is `-run` with a
 * pattern for all names but those.
 */
export const splitGoTest: SplitByTests = {
  idOf: (_, test) => (/^\(.*\)$/.test(test) ? undefined : test.split('/')[0]),
  leaveOut: (ids) => ({ words: ['-run', `^(${noneOf(ids)})$`] }),
  refuses: (words) => hasOption(words, /^--?(test\.)?(run|skip|bench|list|fuzz)(=|$)/),
};

/** A regular expression without look-ahead (https://pkg.go.dev/regexp/syntax) for all texts but these. */
export function noneOf(texts: readonly string[]): string {
  const byFirst = Map.groupBy(
    [...new Set(texts)].map((text) => [...text]),
    ([first]) => first,
  );
  const known = [...byFirst.keys()].filter((first) => first !== undefined);
  const choices = [...byFirst].flatMap(([first, some]) =>
    first === undefined ? [] : [`${first}(${noneOf(some.map((text) => text.slice(1).join('')))})`],
  );
  const other = known.length === 0 ? '.+' : `[^${known.join('')}].*`;
  // Nothing at all is another text, too, unless it is one of these.
  return [...(byFirst.has(undefined) ? [] : ['']), ...choices, other].join('|');
}
