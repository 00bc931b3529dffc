import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { byFile } from '../../../../main/distribute/results/by-file.ts';
import { readProve } from '../../../../main/distribute/results/read-prove.ts';
import { place, testsOf, verdicts } from '../place.ts';

/** As Perl 5.36 wrote it. */
const report = (name: string) => readFileSync(join(import.meta.dirname, 'reports', name), 'utf8');

describe('prove', () => {
  const files = ['t/a.t', 't/short.t', 't/sub/exits.t', 't/dies.t', 't/good.t', 't/skipped.t'];

  test('tells each test with its subtests, and how a file ended badly', () => {
    const { tests, unplaced } = byFile(readProve(report('prove.txt')), files, '/p');
    expect(unplaced).toEqual([]);
    expect(tests.get('t/a.t')?.map(({ name, verdict }) => `${verdict} ${name}`)).toEqual([
      'pass one',
      'pass outer > inner',
      'fail outer > wrong',
      'fail outer',
      'skip test 3',
      'skip to do',
      'pass test 5',
    ]);
    const ending = {
      name: '(the end of the file)',
      verdict: 'fail',
      message: expect.stringContaining('Dubious'),
    };
    expect(tests.get('t/short.t')).toMatchObject([{ name: 'only one', verdict: 'pass' }, ending]);
    expect(tests.get('t/sub/exits.t')).toMatchObject([{ name: 'fine', verdict: 'pass' }, ending]);
    expect(tests.get('t/dies.t')).toMatchObject([ending]);
    expect(tests.get('t/skipped.t')).toEqual([]);
    expect(tests.get('t/good.t'), 'the time of a file is that of its tests').toMatchObject([
      { name: 'good', verdict: 'pass', durationMs: expect.toSatisfy((ms: number) => ms > 300 && ms < 1000) },
    ]);
    expect(() => readProve('1..0')).toThrow(/not prove’s/);
  });

  /** The file's TAP, and what prove said before it. */
  const single = (tap: string, said = 't/a.t .. ok') =>
    readProve(`=== began at 1\n${said}\n\n=== TAP of t/a.t, ended at 2\n${tap}`).map(
      ({ verdict, message = '' }) => `${verdict} ${message}`.trim(),
    );

  test.each([
    ['ok 1\nok 2\n1..2\n', ['pass', 'pass']],
    ['1..0 # SKIP not here\n', []],
    ['ok 1\nok 2\n', ['pass', 'pass', 'fail its TAP has no plan']],
    ['1..3\nok 1\n', ['pass', 'fail its TAP has 1 of 3 tests']],
    ['ok 1\n    ok 1 - inner\n    1..1\n', ['pass', 'pass', 'fail its TAP has no plan']],
    ['ok 1\nBail out! no net\n', ['pass', 'fail its TAP has no plan']],
    ['', ['fail its TAP has no plan']],
    ['1..2\nok 1\nnot ok 2 - b\n', ['pass', 'fail not ok 2 - b']],
  ])('misses what a file’s TAP %j lacks, though prove was ended before it could say so', (tap, expected) =>
    expect(single(tap)).toEqual(expected),
  );

  test('reads of bad exits in the summary where it is to be quiet', () => {
    const summary = `Test Summary Report
-------------------
t/a.t (Wstat: 768 (exited 3) Tests: 1 Failed: 0)
  TODO passed:   1
  Non-zero exit status: 3
Result: FAIL`;
    expect(single('ok 1\n1..1\n', summary)).toEqual(['pass', 'fail Non-zero exit status: 3']);
  });

  test('runs a real suite, of which nothing need be said', async () => {
    const { run } = place({
      'Makefile.PL': '',
      'lib/Sum.pm': 'package Sum; sub of { $_[0] + $_[1] } 1;\n',
      't/sum.t': "use Test::More; use Sum; is Sum::of(1, 2), 3, 'adds'; done_testing;\n",
      't/bad name.t': "use Test::More tests => 1; is 1, 2, 'no <good>';\n",
      't/deep/dies.t': "use Test::More; ok 1, 'before'; die 'broken';\n",
    });
    const result = await run({ localRunners: 1 });
    expect(verdicts(result)).toEqual({ 't/bad name.t': 'fail', 't/deep/dies.t': 'fail', 't/sum.t': 'pass' });
    expect(testsOf(result, 't/bad name.t')).toEqual(['no <good>']);
    expect(testsOf(result, 't/deep/dies.t')).toEqual(['before', '(the end of the file)']);
    expect(testsOf(result, 't/sum.t')).toEqual(['adds']);
  });
});
