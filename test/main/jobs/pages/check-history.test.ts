import { describe, expect, test } from 'vitest';
import { type CheckedRun, checkHistories } from '../../../../main/jobs/pages/history/check-history.ts';

const letters = { p: 'pass', f: 'fail', e: 'error', s: 'skip' } as const;

/** Runs of one check, a letter each: p, f, e, s; a dot where it was not made. */
const runsOf = (story: string): CheckedRun[] =>
  [...story].map((letter, i) => ({
    id: `run ${i}`,
    at: `run ${i}`,
    checks: letter === '.' ? [] : [{ name: 'it', state: letters[letter as keyof typeof letters] }],
  }));

const toldOf = (story: string) => {
  const [history] = checkHistories(runsOf(story));
  return [history?.last, history?.flickersSince, history?.since];
};

describe('a check', () => {
  test.each([
    ['ppppp', 'pass', undefined, undefined],
    ['fffff', 'fail', undefined, undefined],
    ['pppff', 'fail', undefined, 'run 3'],
    ['fffp', 'pass', undefined, 'run 3'],
    ['pppfp', 'pass', 'run 3', undefined],
    ['ppfppfpp', 'pass', 'run 2', undefined],
    // Long ago, and steady since.
    [`pfp${'p'.repeat(12)}`, 'pass', undefined, 'run 2'],
    // Two that have nothing to do with one another.
    [`pf${'f'.repeat(12)}p`, 'pass', undefined, 'run 14'],
    // What could not be told or was left out is no result.
    ['ppepsp.p', 'pass', undefined, undefined],
    ['ppefepp', 'pass', 'run 3', undefined],
  ])('%s', (story, last, flickersSince, since) =>
    expect(toldOf(story)).toEqual([last, flickersSince, since]),
  );

  test('that was not made in a run has a gap there', () =>
    expect(checkHistories(runsOf('p.f'))[0]?.states).toEqual(['pass', undefined, 'fail']));
});

test('what flickers comes first, then what fails', () => {
  const state = (i: number) => (i % 2 === 0 ? 'pass' : 'fail');
  const runs = [0, 1, 2, 3].map((i) => ({
    id: String(i),
    at: String(i),
    checks: [
      { name: 'steady', state: 'pass' as const },
      { name: 'broken', state: 'fail' as const },
      { name: 'flickering', state: state(i) as 'pass' | 'fail' },
    ],
  }));
  expect(checkHistories(runs).map(({ name }) => name)).toEqual(['flickering', 'broken', 'steady']);
});
