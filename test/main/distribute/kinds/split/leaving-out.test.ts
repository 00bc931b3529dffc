import { describe, expect, test } from 'vitest';
import { HandOut } from '../../../../../main/distribute/hand-out/hand-out.ts';
import { allBut, splitJest, splitVitest } from '../../../../../main/distribute/kinds/split-by-name.ts';
import { noneOf, splitGoTest } from '../../../../../main/distribute/kinds/split-go-test.ts';
import { splitNodeTest } from '../../../../../main/distribute/kinds/split-node-test.ts';
import { wholeFiles } from '../../../../../main/distribute/results/whole-files.ts';
import { writtenCommand } from '../../../../../main/distribute/suite/test-command.ts';

test('a pattern for go takes all names but those, without looking ahead', () => {
  const names = ['TestA', 'TestAb', 'TestB', 'Test_x', 'ExampleÄ', 'FuzzZ'];
  for (let those = 1; those < 2 ** names.length; those += 1) {
    const out = names.filter((_, bit) => those & (1 << bit));
    const pattern = new RegExp(`^(${noneOf(out)})$`, 'u');
    const others = [...names, 'TestAbc', 'Test', 'TestC', 'T', ''].filter((name) => !out.includes(name));
    expect([...names, ...others].filter((name) => pattern.test(name)).length, out.join()).toBe(
      names.length - out.length + others.length,
    );
    expect(out.filter((name) => pattern.test(name))).toEqual([]);
  }
});

test('a pattern for names takes all but those, whatever is in them', () => {
  const names = ['a', 'a b', 'a (1+1) [x] $5 ^ . * | \\', 'two\nlines\u2028end', '/x/', 'é', '1.5'];
  for (const name of names) {
    const pattern = new RegExp(allBut([name]));
    expect(names.filter((other) => !pattern.test(other))).toEqual([name]);
  }
  const vitest = new RegExp(splitVitest.leaveOut?.(['A > b']).words?.[1] ?? '');
  expect(['A b', 'A > b', ' A b', 'A bc', 'xA b'].map((name) => vitest.test(name))).toEqual([
    ...[false, false, false, true, true],
  ]);
});

test('tests of which one pattern takes several stay together', () => {
  const together = (keys: ((id: string) => string) | undefined, ids: readonly string[]) =>
    [...Map.groupBy(ids, (id) => keys?.(id)).values()].filter(({ length }) => length > 1);
  const node = ['A > one', 'A > two', 'B', 'B > one', 'one two', 'one > two', 'A one', 'C > B > deep'];
  expect(together(splitNodeTest.keys?.(node), node)).toEqual([
    ['A > one', 'A one'],
    ['B', 'B > one', 'C > B > deep'],
    ['one two', 'one > two'],
  ]);
  const jest = ['A > b', 'a B', 'A > c'];
  expect(together(splitJest.keys?.(jest), jest)).toEqual([['A > b', 'a B']]);
  expect(splitGoTest.idOf('.', 'TestA/b/c')).toBe('TestA');
});

describe('a file is not run in parts', () => {
  const project = (files: Readonly<Record<string, string>>) => ({
    files: Object.keys(files),
    read: (path: string) => files[path] ?? '',
  });
  const splits = (words: string | readonly string[], files = {}) =>
    writtenCommand(words, {}, project(files)).splitting !== undefined;

  test.each([
    ['mocha {files}', 'mocha -g fast {files}', 'mocha --invert {files}'],
    ['jest {files}', 'jest -t fast {files}', 'jest --testNamePattern=fast {files}'],
    ['vitest run {files}', 'vitest run -t fast {files}', 'vitest --testNamePattern fast {files}'],
    ['go test {files}', 'go test -run=X {files}', 'go test -test.skip X {files}'],
    ['node --test {files}', 'cd x; node --test {files}', 'node --test {report} {files}'],
    ['ruby -Itest {file}', 'cd x; ruby -Itest {file}', 'ruby -Itest {file} "$X"'],
  ])('where the user chooses among the tests, or a shell would: %s', (plain, ...others) => {
    expect(splits(plain)).toBe(true);
    for (const words of others) expect([words, splits(words)]).toEqual([words, false]);
  });

  test('where the project’s own settings choose among the tests', () => {
    expect(splits('mocha {files}', { '.mocharc.yml': 'grep: fast\n' })).toBe(false);
    expect(splits('mocha {files}', { '.mocharc.yml': 'timeout: 5\n' })).toBe(true);
    const config = { 'vitest.config.ts': 'export default { test: { testNamePattern: /fast/ } }' };
    expect(splits('vitest run {files}', config)).toBe(false);
  });
});

test('a part is in a process by itself, also where it is given back', async () => {
  const parts = ['f [1 of 2]', 'f [2 of 2]'].map((path) => ({
    ...{ path, expectedMs: 10, recordedMs: 10 },
    part: { file: 'f', leftOut: ['x'] },
  }));
  const queue = new HandOut([...parts, { path: 'g', expectedMs: 1 }, { path: 'h', expectedMs: 1 }], {
    ...{ batches: true, startMs: 1, judged: () => undefined },
  });
  queue.join('a', 0);
  const first = await queue.next('a');
  queue.giveBack('a', first?.files ?? []);
  const taken = [await queue.next('a'), await queue.next('a'), await queue.next('a')];
  expect(taken.map((batch) => [batch?.files.toSorted().join(), batch?.alone])).toEqual(
    expect.arrayContaining([
      ['f [1 of 2]', true],
      ['f [2 of 2]', true],
    ]),
  );
});

test('tests of one name in two parts are two tests; one that both have run is one, and its failure counts', () => {
  const part = (path: string, tests: readonly { id: string; name: string; verdict: 'pass' | 'fail' }[]) => ({
    ...({ file: path, verdict: 'pass', durationMs: 1 } as const),
    tests: tests.map((each) => ({ durationMs: 1, ...each })),
  });
  const [file] = wholeFiles(
    [
      part('f [1 of 2]', [
        { id: '[1:10]', name: 'x', verdict: 'fail' },
        { id: '[1:3]', name: 'new', verdict: 'pass' },
      ]),
      part('f [2 of 2]', [
        { id: '[1:9]', name: 'x', verdict: 'pass' },
        { id: '[1:3]', name: 'new', verdict: 'fail' },
      ]),
    ],
    () => 'f',
  );
  expect(file?.tests.map(({ name, verdict }) => `${name}: ${verdict}`).sort()).toEqual([
    ...['new: fail', 'x (2): fail', 'x: pass'],
  ]);
});
