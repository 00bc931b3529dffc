import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  addToHistory,
  mergeHistories,
  readHistory,
  readKnown,
} from '../../../../main/distribute/history/history-file.ts';
import { combined, merged, type Origins } from '../../../../main/distribute/history/merge.ts';

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-history-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const result = (file: string, durationMs: number, verdict: 'pass' | 'fail' = 'pass') => ({
  ...{ file, durationMs, verdict, tests: [] },
  ran: { node: 0, runner: '0_0', startedAt: 0, with: [file], output: 'o' },
});

/** As a machine of its own has it after a run. */
function machine(directory: string, name: string, ...results: readonly ReturnType<typeof result>[]): string {
  const file = join(directory, `${name}.json`);
  addToHistory(file, results, { startMs: 100, at: 1000 });
  return file;
}

describe('histories of several machines', () => {
  test('know together what each knows: a mean by how often each ran a file', () => {
    const directory = folder();
    const [a, b] = [
      machine(directory, 'a', result('both', 100), result('only a', 7)),
      machine(directory, 'b', result('both', 400), result('only b', 8, 'fail')),
    ];
    for (let run = 0; run < 2; run += 1) addToHistory(b, [result('both', 400)], { startMs: 50, at: 2000 });
    expect(mergeHistories(a, [b])).toEqual({ files: 3, more: 1 });
    expect(readHistory(a)).toMatchObject({
      both: { ms: 325, runs: 4, failed: false },
      'only a': { ms: 7, runs: 1 },
      'only b': { ms: 8, runs: 1, failed: true },
    });
    expect(readKnown(a).startMs, 'the newest').toBe(50);
  });

  test('are no other when they are merged again, or the other way round; and go on', () => {
    const directory = folder();
    const [a, b] = [machine(directory, 'a', result('x', 100)), machine(directory, 'b', result('x', 200))];
    mergeHistories(a, [b]);
    const once = readFileSync(a, 'utf8');
    mergeHistories(a, [b, a, b]);
    expect(readFileSync(a, 'utf8')).toBe(once);
    mergeHistories(b, [a]);
    expect(readHistory(b)).toEqual(readHistory(a));
    addToHistory(a, [result('x', 100, 'fail')], { startMs: undefined, at: 3000 });
    mergeHistories(b, [a]);
    expect(readHistory(b).x).toMatchObject({ runs: 3, failed: true });
  });

  test('that grew from one cache, in parts of a suite, are put together without a conflict', () => {
    const directory = folder();
    const cache = machine(directory, 'cache', result('x', 100), result('y', 100));
    const shards = ['x', 'y', 'z'].map((file, index) => {
      const shard = join(directory, `shard-${index}.json`);
      writeFileSync(shard, readFileSync(cache));
      addToHistory(shard, [result(file, 200)], { startMs: 100, at: 2000 + index });
      return shard;
    });
    expect(mergeHistories(cache, shards)).toEqual({ files: 3, more: 1 });
    expect(readHistory(cache)).toMatchObject({
      x: { ms: 140, runs: 2 },
      y: { ms: 140, runs: 2 },
      z: { ms: 200, runs: 1 },
    });
    expect(Object.keys(JSON.parse(readFileSync(cache, 'utf8')).origins)).toHaveLength(1);
  });

  test('merge in any order and grouping to the same, flaky tests too', () => {
    const flaky = (since: string, times: number) => ({ t: { since, last: since, times, runsBefore: times } });
    const [a, b, c]: readonly Origins[] = [
      { m: { at: 1, files: { x: { ms: 1, runs: 2, failed: false, at: 1 } } } },
      {
        m: {
          at: 3,
          files: { x: { ms: 9, runs: 2, failed: true, at: 3 }, y: { ms: 5, runs: 1, failed: false } },
        },
      },
      { n: { at: 2, files: { x: { ms: 4, runs: 1, failed: false, at: 2, flaky: flaky('2026-01-02', 3) } } } },
    ];
    if (!a || !b || !c) throw new Error('three');
    const expected = merged(a, merged(b, c));
    for (const other of [
      merged(merged(a, b), c),
      merged(merged(c, b), a),
      merged(b, merged(c, merged(a, c))),
    ]) {
      expect(JSON.stringify(other)).toBe(JSON.stringify(expected));
    }
    const more = {
      o: { at: 1, files: { x: { ms: 1, runs: 1, failed: true, flaky: flaky('2026-01-01', 2) } } },
    };
    expect(combined(merged(expected, more)).x).toMatchObject({
      ...{ runs: 4, failed: true },
      flaky: { t: { since: '2026-01-01', last: '2026-01-02', times: 5, runsBefore: 2 } },
    });
  });

  test('of an older version are taken over; copies of one are one', () => {
    const directory = folder();
    const [a, b] = [join(directory, 'a'), join(directory, 'b')];
    const old = JSON.stringify({ version: 1, startMs: 80, files: { x: { ms: 5, runs: 3, failed: true } } });
    for (const file of [a, b]) writeFileSync(file, old);
    expect(readHistory(a)).toEqual({ x: { ms: 5, runs: 3, failed: true } });
    mergeHistories(a, [b]);
    expect(readHistory(a).x).toMatchObject({ runs: 3 });
    expect(readKnown(a).startMs).toBe(80);
  });

  test('that are none are named, and nothing is changed; a broken one of the project’s own is begun anew', () => {
    const directory = folder();
    const [own, broken] = [machine(directory, 'own', result('x', 1)), join(directory, 'broken')];
    const before = readFileSync(own, 'utf8');
    writeFileSync(broken, '{"version": 2');
    expect(() => mergeHistories(own, [broken])).toThrow(`${broken} cannot be merged: it is no history.`);
    expect(() => mergeHistories(own, [join(directory, 'none')])).toThrow('it is not there');
    expect(readFileSync(own, 'utf8')).toBe(before);
    expect(readHistory(broken)).toEqual({});
  });
});
