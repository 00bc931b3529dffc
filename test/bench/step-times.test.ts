import { expect, test } from 'vitest';
import { StepTimes } from '../../bench/first-minute/step-times.ts';

/** What is told, each line with the s at which it came. */
function timesOf(lines: readonly (readonly [number, string])[]): Record<string, number> {
  let ms = 0;
  const times = new StepTimes(() => ms);
  for (const [s, line] of lines) {
    ms = s * 1000;
    expect(times.see(line)).toBe(s);
  }
  return Object.fromEntries(times.done());
}

test('steps that go on side by side are timed each by itself', () =>
  expect(
    timesOf([
      [1, 'shakedown: installing the npm packages of package-lock.json (once)'],
      [1, 'shakedown: installing Debian packages by apt (once): procps'],
      [11, 'shakedown: the Debian packages are there (10 s)'],
      [18, 'shakedown: the npm packages are there (17 s)'],
      [
        19,
        '01:46:01.000         building the bookworm base tree from http://mirror (once, some twenty seconds)',
      ],
      [40, '01:46:22.000         the bookworm base tree is there after 21 s'],
      [58, 'PASS  etcd: 3 nodes, 10 of 10 checks passed, 39.5 s'],
    ]),
  ).toEqual({ npm: 17, apt: 10, tree: 21, all: 58 }));

test('of each node that is connected the last one ends the step', () =>
  expect(
    timesOf([
      [10, '01:46:01.000         machines pass (20 s)'],
      [12, '01:46:03.000 node 1  connect pass (2.0 s)'],
      [14, '01:46:05.000 node 0  connect pass (4.0 s)'],
      [20, 'PASS  etcd: 3 nodes'],
    ]),
  ).toMatchObject({ 'nodes up and connected': 4 }));

test('a step without an end has no time, and is no zero', () =>
  expect(timesOf([[1, 'shakedown: installing Debian packages by apt (once): procps']])).toMatchObject({
    apt: Number.NaN,
  }));
