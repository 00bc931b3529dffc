import { expect, test } from 'vitest';
import { printSummary } from '../../../main/distribute/face/summary.ts';
import type { DistributeResult } from '../../../main/distribute/results/distribute-result.ts';

/** What is told of a suite whose tests ran for so long, and would have in a row. */
function told(wallMs: number, inARowMs: number): string {
  let text = '';
  const stdout = { write: (more: string) => (text += more) };
  const none = { files: [], together: [], flaky: [], broken: [], outOfUse: [], processes: [], hooks: [] };
  const schedule = { wallMs, inARowMs, bestMs: 100, bestBy: 'exact', boundMs: 100 };
  const result = {
    ...none,
    ...{ quarantine: { expired: [], unmatched: [] }, runners: { '0_0': [], '0_1': [] }, failures: [] },
    ...{ id: 'r', directory: '/r', verdict: 'pass', exitCode: 0, durationMs: 1, testsMs: 1, schedule },
  };
  printSummary(result as unknown as DistributeResult, { cwd: '/', stdout, env: {} });
  return text;
}

test.each([
  [500, 1000, 'tests ran for 500 ms: 2.0 times as quick as one process after the other (1.0 s)'],
  [2900, 617, 'tests ran for 2.9 s: 4.7 times as long as one process after the other (617 ms)'],
])('how much runners gained: %i ms in place of %i', (wallMs, inARowMs, words) => {
  expect(told(wallMs, inARowMs)).toContain(words);
});
