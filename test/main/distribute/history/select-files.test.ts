import { describe, expect, test } from 'vitest';
import { selectFiles } from '../../../../main/distribute/history/select-files.ts';
import { place, verdicts } from '../place.ts';

const files = ['d', 'b', 'e', 'a', 'c'].map((path) => ({ path, expectedMs: 1 }));
const paths = (selection: Partial<Parameters<typeof selectFiles>[2]>, history = {}) =>
  selectFiles(files, history, { onlyFailed: false, ...selection }).map(({ path }) => path);

describe('the files that are run', () => {
  test('of a part are its own, and all parts are the whole', () => {
    expect(paths({ shard: '1/2' })).toEqual(['e', 'a', 'c']);
    const parts = [1, 2, 3].flatMap((part) => paths({ shard: `${part}/3` }));
    expect(parts.sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test.each(['0/2', '3/2', '1', 'a/b', '1/0'])('%s is no part', (shard) =>
    expect(() => paths({ shard })).toThrow(
      `--shard takes the number of a part and how many there are; found '${shard}'.`,
    ),
  );

  test('again are those that failed, and those that are new', () => {
    const known = (failed: boolean) => ({ ms: 1, runs: 1, failed });
    expect(paths({ onlyFailed: true }, { a: known(true), b: known(false), c: known(false) })).toEqual([
      'd',
      'e',
      'a',
    ]);
  });

  test('by a seed have an order of chance, the same for the same seed', () => {
    expect(paths({ seed: 7 })).toEqual(paths({ seed: 7 }));
    expect(paths({ seed: 7 }).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e']);
    const orders = Array.from({ length: 20 }, (_, seed) => paths({ seed }).join(''));
    expect(new Set(orders).size).toBeGreaterThan(10);
  });
});

test('only what failed or was not run is run again', async () => {
  const { run, write } = place({ 'test/a.sh': 'true', 'test/b.sh': 'exit 1', 'test/c.sh': 'kill -KILL $$' });
  const sh = { files: 'test/*.sh', command: 'sh {file}', localRunners: 1 };
  await run(sh);
  write('test/d.sh', 'true');
  write('test/c.sh', 'true');
  const again = await run(sh, { onlyFailed: true });
  expect(verdicts(again)).toEqual({ 'test/b.sh': 'fail', 'test/c.sh': 'pass', 'test/d.sh': 'pass' });
});

test('after the first failure nothing more is begun, where that is asked', async () => {
  const { run } = place({ 'test/a.sh': 'exit 1', 'test/b.sh': 'true', 'test/c.sh': 'true' });
  const config = { files: 'test/*.sh', command: 'sh {file}', localRunners: 1 };
  const result = await run(config, { failFast: true });
  expect(verdicts(result)).toEqual({ 'test/a.sh': 'fail', 'test/b.sh': 'skip', 'test/c.sh': 'skip' });
  expect(result.files[1]?.message).toBe('it was not run, for test/a.sh failed');
  expect(result.exitCode).toBe(1);
});
