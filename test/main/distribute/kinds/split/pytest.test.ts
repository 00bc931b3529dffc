import { describe, expect, test } from 'vitest';
import { historyFile, readHistory } from '../../../../../main/distribute/history/history-file.ts';
import { splitLong } from '../../../../../main/distribute/history/split-files.ts';
import { splitPytest } from '../../../../../main/distribute/kinds/split-pytest.ts';
import { place } from '../../place.ts';

/** Debian's own: another python3 may come first and have no pytest. */
const python = { files: 'tests/test_*.py', command: ['/usr/bin/python3', '-m', 'pytest', '{files}'] };

describe('a file that takes longer than its share', () => {
  const times = (tests: Readonly<Record<string, number>>) => {
    const ms = Object.values(tests).reduce((sum, each) => sum + each, 0);
    return { ms, runs: 1, failed: false, tests };
  };
  const split = (tests: Readonly<Record<string, number>>, more: object = {}) => {
    const history = { 't.py': times(tests), other: { ms: 1000, runs: 1, failed: false } };
    const files = Object.entries(history).map(([path, { ms }]) => ({ path, expectedMs: ms, recordedMs: ms }));
    return splitLong(files, { history, runners: 3, startMs: 10, by: splitPytest, ...more });
  };
  const paths = (...args: Parameters<typeof split>) => split(...args).map(({ path }) => path);

  test('is run in parts that are about as long as the share, each without what the others run', () => {
    const parts = split({ a: 3000, b: 2000, c: 2000, d: 1000 });
    expect(parts.map(({ path, expectedMs }) => [path, expectedMs])).toEqual([
      ['t.py [1 of 3]', 3000],
      ['t.py [2 of 3]', 3000],
      ['t.py [3 of 3]', 2000],
      ['other', 1000],
    ]);
    expect(parts.map(({ part }) => part?.leftOut.toSorted())).toEqual([
      ['t.py::b', 't.py::c', 't.py::d'],
      ['t.py::a', 't.py::c'],
      ['t.py::a', 't.py::b', 't.py::d'],
      undefined,
    ]);
  });

  test('keeps tests together of which one name begins another: pytest leaves out by how ids begin', () =>
    expect(split({ test_a: 3000, test_ab: 3000, test_b: 3000 }).map(({ part }) => part?.leftOut)).toEqual([
      ['t.py::test_b'],
      ['t.py::test_a', 't.py::test_ab'],
      undefined,
    ]));

  test('stays whole where that is no gain, or cannot be done', () => {
    expect(paths({ a: 9000 }), 'one test').toEqual(['t.py', 'other']);
    expect(paths({ a: 300, b: 300 }), 'not longer than its share').toEqual(['t.py', 'other']);
    expect(paths({ a: 3000, b: 3000 }, { startMs: 5000 }), 'starts take longer').toEqual(['t.py', 'other']);
    expect(paths({ a: 3000, b: 3000 }, { runners: 1 })).toEqual(['t.py', 'other']);
    expect(paths({ a: 3000, 'a (2)': 3000 }), 'twins').toEqual(['t.py', 'other']);
  });

  test('has ids as pytest has them, whatever folder it starts from', () => {
    expect(splitPytest.idOf('a/t.py', 'TestB.TestC.test_d[1.5-x.y]')).toBe(
      'a/t.py::TestB::TestC::test_d[1.5-x.y]',
    );
    expect(splitPytest.leaveOut?.(['a/b/t.py::x']).words).toEqual([
      '--deselect=a/b/t.py::x',
      '--deselect=b/t.py::x',
      '--deselect=t.py::x',
    ]);
  });
});

describe('a long file of pytest', () => {
  const long = `import time, pytest
class TestSlow:
    def test_one(self): time.sleep(1)
    @pytest.mark.parametrize('value', ['a.b', 'c d', 1])
    def test_values(self, value): time.sleep(1); assert value != 'c d'
def test_two(): time.sleep(1)
`;
  const config = { ...python, localRunners: 2 };

  test('is run in parts by several runners; its result is one file’s, new tests and gone ones included', async () => {
    const { run, write, directory, results } = place({
      'tests/test_long.py': long,
      'tests/test_b.py': 'def test_b(): pass\n',
    });
    const first = await run(config);
    const names = first.files.map(({ tests }) =>
      tests.map(({ name, verdict }) => `${name} ${verdict}`).sort(),
    );
    const known = readHistory(historyFile(directory))['tests/test_long.py'];
    expect(Object.keys(known?.tests ?? {})).toHaveLength(5);
    results.length = 0;
    const second = await run(config);
    expect(second.files.map(({ file, verdict }) => [file, verdict])).toEqual([
      ['tests/test_b.py', 'pass'],
      ['tests/test_long.py', 'fail'],
    ]);
    const again = second.files.map(({ tests }) =>
      tests.map(({ name, verdict }) => `${name} ${verdict}`).sort(),
    );
    expect(again).toEqual(names);
    const parts = results.filter(({ file }) => file.startsWith('tests/test_long.py ['));
    expect(parts.map(({ file }) => file).sort()).toEqual([
      'tests/test_long.py [1 of 2]',
      'tests/test_long.py [2 of 2]',
    ]);
    expect(new Set(parts.map(({ ran }) => ran?.runner)).size).toBe(2);
    write('tests/test_long.py', `${long.replace('test_two', 'test_three')}def test_new(): pass\n`);
    const quarantine = [
      {
        file: 'tests/test_long.py',
        test: 'TestSlow.test_values[c d]',
        owner: 'anna',
        until: '2999-12-31',
        reason: 'x',
      },
    ];
    const third = await run({ ...config, quarantine });
    expect(third).toMatchObject({ verdict: 'pass', quarantine: { unmatched: [] } });
    const changed = third.files[1]?.tests.map(({ name }) => name) ?? [];
    expect(changed.filter((name) => ['test_three', 'test_new', 'test_two'].includes(name)).sort()).toEqual([
      'test_new',
      'test_three',
    ]);
    expect(changed).toHaveLength(6);
  });

  test('stays whole where that is wanted', async () => {
    const { run, results } = place({ 'tests/test_long.py': long });
    await run(config);
    results.length = 0;
    await run({ ...config, split: false });
    expect(results.map(({ file }) => file)).toEqual(['tests/test_long.py']);
  });
});
