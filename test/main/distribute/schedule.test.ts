import { expect, test } from 'vitest';
import { scheduleOf } from '../../../main/distribute/results/schedule.ts';

const process = (startedAt: number, took: number) => ({
  ran: { node: 0, runner: '0_0', startedAt, with: ['a'], output: 'o' },
  took,
});

test('a schedule has its length, that of a row, and what no schedule could be below', () => {
  const three = [process(100, 10), process(100, 10), process(110, 10)];
  expect(scheduleOf(three, 2)).toEqual({ wallMs: 20, inARowMs: 30, boundMs: 15 });
  expect(scheduleOf([process(0, 50), process(0, 5)], 4), 'the longest').toMatchObject({ boundMs: 50 });
  expect(scheduleOf([], 2)).toBeUndefined();
});
