import { expect, test } from 'vitest';
import { pauseAfter } from '../../common/pause-after.ts';

/** ms from the event to the try that sees it, where a try takes `took` ms. */
function seenLate(event: number, took: number): number {
  let now = 0;
  while (now < event) now += took + pauseAfter(now + took, took);
  return now + took - event;
}

test('what becomes ready within a second is seen within 20 ms, later within a hundredth of the time that it took', () => {
  for (let event = 1; event < 1000; event += 7) expect(seenLate(event, 0.5), `${event} ms`).toBeLessThan(21);
  for (let event = 1000; event < 60_000; event += 777)
    expect(seenLate(event, 0.5), `${event} ms`).toBeLessThan(Math.min(event / 99 + 12, 252));
});

test('a command that takes long is not run all the time, and one that takes very long is still tried again soon', () => {
  expect(pauseAfter(100, 40)).toBe(40);
  expect(pauseAfter(100, 30_000)).toBe(250);
});
