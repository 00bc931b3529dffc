import { describe, expect, test } from 'vitest';
import { type Reckoning, simulate } from './simulate.ts';

/** 62 tiny files, whose processes take two seconds to start. */
const tiny = { files: Array<number>(62).fill(5), startMs: 2000, known: true, runners: [{}, {}] };

async function lengths(reckoning: Reckoning): Promise<number[]> {
  const { processes, unsettled } = await simulate(reckoning);
  expect(unsettled).toEqual([]);
  expect(processes.reduce((sum, { files }) => sum + files, 0)).toBe(reckoning.files.length);
  return processes.map(({ files }) => files);
}

describe('where starts of processes count for more than the tests', () => {
  test('each runner starts one process, and all of them end together', async () => {
    expect(await lengths(tiny)).toEqual([31, 31]);
    expect(await lengths({ ...tiny, runners: [{}, {}, {}] })).toEqual([20, 21, 21]);
  });

  test('one more where nothing was known, to find that out', async () => {
    expect(await lengths({ ...tiny, known: false })).toEqual([1, 1, 30, 30]);
    const four = await lengths({ ...tiny, known: false, runners: [{}, {}, {}, {}] });
    expect(four).toHaveLength(8);
    expect(Math.max(...four)).toBeLessThanOrEqual(15);
  });

  test('unequal files are shared out by what they take, not by their number', async () => {
    const files = [400, ...Array<number>(80).fill(5)];
    const { processes, makespan } = await simulate({ ...tiny, files });
    expect(processes.map((each) => each.files)).toEqual([1, 80]);
    expect(makespan).toBe(2400);
  });

  test('a runner that comes late finds its share, one that is late for longer than the work takes does not', async () => {
    const soon = { ...tiny, runners: [{}, { from: 100 }] };
    expect(await lengths(soon)).toEqual([31, 31]);
    // Its share waited for it: the first one has it when it has done its own.
    const { processes, makespan } = await simulate({ ...tiny, runners: [{}, { from: 60_000 }] });
    expect(processes.map(({ runner, files }) => [runner, files])).toEqual([
      [0, 31],
      [0, 31],
    ]);
    expect(makespan).toBeLessThan(4500);
  });

  test('a runner whose processes take ten times as long does not get an even share twice', async () => {
    const { processes, makespan } = await simulate({ ...tiny, known: false, runners: [{}, { pace: 10 }] });
    expect(processes.filter(({ runner }) => runner === 1).map(({ files }) => files)).toEqual([1]);
    // Its one process is the last that ends.
    expect(makespan).toBe(20_050);
  });
});

describe('where the tests count for more', () => {
  const heavy = { files: Array<number>(600).fill(100), startMs: 200, known: true, runners: [{}, {}] };

  test('batches shrink towards the end down to what starts are worth, and no runner waits long for the other', async () => {
    const { processes, makespan } = await simulate(heavy);
    const counts = processes.map(({ files }) => files);
    expect(counts.slice(0, -2)).toEqual(counts.slice(0, -2).toSorted((one, other) => other - one));
    expect(Math.max(...counts.slice(-2))).toBeLessThan(20 / 2);
    const ends = [0, 1].map((id) =>
      Math.max(...processes.filter((each) => each.runner === id).map((each) => each.end)),
    );
    expect(Math.abs((ends[0] ?? 0) - (ends[1] ?? 0))).toBeLessThan(400);
    expect(makespan).toBeLessThan(1.15 * 30_000);
  });

  test('a runner that is ten times slower gets few, and the suite ends near the best that there could be', async () => {
    const { processes, makespan } = await simulate({ ...heavy, runners: [{}, { pace: 10 }] });
    const slow = processes.filter(({ runner }) => runner === 1).reduce((sum, { files }) => sum + files, 0);
    expect(slow).toBeGreaterThan(20);
    expect(makespan).toBeLessThan(1.25 * (60_000 / 1.1));
  });
});
