import { describe, expect, test } from 'vitest';
import { bestInWords } from '../../../../main/distribute/schedule/best-in-words.ts';
import { bestSchedule } from '../../../../main/distribute/schedule/best-schedule.ts';
import { heuristics } from '../../../../main/distribute/schedule/heuristics.ts';
import { scheduleOf } from '../../../../main/distribute/schedule/schedule.ts';

const process = (startedAt: number, took: number) => ({
  ran: { node: 0, runner: '0_0', startedAt, with: ['a'], output: 'o' },
  took,
});

test('a schedule has its length, that of a row, the best one for its files, and what none could be below', () => {
  const three = [process(100, 10), process(100, 10), process(110, 10)];
  const best = { bestMs: 16, bestBy: 'exact', boundMs: 12 };
  expect(scheduleOf(three, [8, 8, 8], 2)).toEqual({ wallMs: 20, inARowMs: 30, runners: 2, ...best });
  expect(scheduleOf([], [], 2)).toBeUndefined();
});

test('tenths of a ms count: thousands of files may take one or two ms each', () => {
  const files = Array<number>(2000).fill(1.4);
  const all = [process(100, 1400.3), process(100.2, 1400.4)];
  const best = { bestMs: 1400, bestBy: 'exact', boundMs: 1400 };
  expect(scheduleOf(all, files, 2)).toEqual({ wallMs: 1400.6, inARowMs: 2800.7, runners: 2, ...best });
});

/** Numbers of chance, the same each time. */
function durations(count: number, seed: number, most = 1000): readonly number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return 1 + Math.floor((state / 2 ** 31) * most);
  });
}

/** Of all ways to give each file to a runner, the shortest. */
function byTryingAll(files: readonly number[], runners: number): number {
  const loads = new Array<number>(runners).fill(0);
  const rest = (index: number): number => {
    const ms = files[index];
    if (ms === undefined) return Math.max(...loads);
    return loads.reduce((best, _, runner) => {
      loads[runner] = (loads[runner] ?? 0) + ms;
      const took = rest(index + 1);
      loads[runner] = (loads[runner] ?? 0) - ms;
      return Math.min(best, took);
    }, Number.POSITIVE_INFINITY);
  };
  return rest(0);
}

describe('the best schedule', () => {
  test.each([
    ['of nothing', [], 3, 0, 0],
    ['of files that took no time', [0, 0], 3, 0, 0],
    ['on one runner', [3, 4], 1, 7, 7],
    ['with a file that is longer than all others', [50, 5, 5], 4, 50, 50],
    ['of three equal files on two runners is above the bound', [7, 7, 7], 2, 14, 11],
    ['that LPT does not find', [3, 3, 2, 2, 2], 2, 6, 6],
  ])('%s', (_, files, runners, bestMs, boundMs) => {
    expect(bestSchedule(files, runners)).toEqual({ bestMs, bestBy: 'exact', boundMs });
  });

  test('of few files is the one that is found by trying all', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const [files, runners] = [durations(5 + (seed % 4), seed, 30), 2 + (seed % 3)];
      expect(bestSchedule(files, runners), `${files} on ${runners}`).toMatchObject({
        bestMs: byTryingAll(files, runners),
        bestBy: 'exact',
      });
    }
  });

  test('of many files is near the bound, and says by which way it was found where it is not exact', () => {
    const { bestMs, bestBy, boundMs } = bestSchedule(durations(2000, 7), 200);
    expect(bestMs).toBeGreaterThanOrEqual(boundMs);
    expect(bestMs).toBeLessThan(1.02 * boundMs);
    expect(['exact', 'LPT', 'SLACK', 'MULTIFIT']).toContain(bestBy);
  });

  test('is told in words', () => {
    expect(bestInWords({ bestMs: 14_000, bestBy: 'exact', boundMs: 11_000 })).toBe(
      'the best schedule of its files is 14.0 s, and none could be below 11.0 s',
    );
    expect(bestInWords({ bestMs: 14_000, bestBy: 'LPT', boundMs: 14_000 })).toBe(
      'the best schedule of its files that is known is 14.0 s (by LPT)',
    );
  });
});

test('each way gives a schedule that runners can keep to; LPT’s, SLACK’s and MULTIFIT’s differ', () => {
  // Graham's worst case of LPT, for 3 runners: 11 where 9 would do.
  const worst = [5, 5, 4, 4, 3, 3, 3];
  expect(heuristics.LPT(worst, 3)).toBe(11);
  expect(heuristics.MULTIFIT(worst, 3)).toBe(9);
  const tiers = [10, 10, 9, 2, 2, 2];
  expect(heuristics.SLACK(tiers, 3)).toBeLessThanOrEqual(heuristics.LPT(tiers, 3));
  for (let seed = 1; seed <= 20; seed += 1) {
    const files = durations(30, seed).toSorted((one, other) => other - one);
    const share = files.reduce((sum, ms) => sum + ms, 0) / 4;
    for (const find of Object.values(heuristics)) {
      expect(find(files, 4)).toBeGreaterThanOrEqual(share);
      expect(find(files, 4)).toBeLessThan(1.1 * share);
    }
  }
});
