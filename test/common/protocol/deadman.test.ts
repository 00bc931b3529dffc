import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Deadman } from '../../../common/protocol/deadman.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('silence for too long ends the waiting, once', () => {
  const silent = vi.fn();
  const deadman = new Deadman(120, silent);
  deadman.heard();
  vi.advanceTimersByTime(119_000);
  deadman.heard();
  vi.advanceTimersByTime(119_000);
  expect(silent).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10_000);
  expect(silent).toHaveBeenCalledTimes(1);
});

test('a node that wakes up hears what was said meanwhile before it gives up', () => {
  const silent = vi.fn();
  const deadman = new Deadman(120, silent);
  deadman.heard();
  vi.advanceTimersByTime(121_000);
  deadman.heard();
  vi.advanceTimersByTime(60_000);
  expect(silent).not.toHaveBeenCalled();
});

test('nothing is expected of a main host that has not spoken yet', () => {
  const silent = vi.fn();
  new Deadman(120, silent);
  vi.advanceTimersByTime(1_000_000);
  expect(silent).not.toHaveBeenCalled();
});

test('who insists waits less, from that moment on, and for each word anew', () => {
  const silent = vi.fn();
  const deadman = new Deadman(120, silent);
  deadman.insist(10);
  deadman.insist(30);
  vi.advanceTimersByTime(9_000);
  deadman.heard();
  vi.advanceTimersByTime(9_000);
  expect(silent).not.toHaveBeenCalled();
  vi.advanceTimersByTime(2_000);
  expect(silent).toHaveBeenCalledTimes(1);
});
