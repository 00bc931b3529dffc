import { expect, test } from 'vitest';
import { mustHaveMemory } from '../../../../main/providers/host/container-memory.ts';

const memory = { free: 1024 ** 3, total: 2 * 1024 ** 3 };
const check = (count: number, limit?: number) =>
  mustHaveMemory(
    Array.from({ length: count }, (_, id) => ({ id, name: `n${id}` })),
    (id) => (id === 0 ? limit : undefined),
    memory,
  );

test('as many containers as there is memory for, though it is not free for all that each may have', () =>
  expect(check(42, 2 * 1024 ** 3)).toBeUndefined());
test('no memory for one more is told', () =>
  expect(() => check(43)).toThrow(/no memory for 43 machines: 1024 MiB are free, enough for 42/));
test('one that may have more than this main host has is a mistake', () =>
  expect(() => check(1, 3 * 1024 ** 3)).toThrow(
    /node 0 \(n0\) asks for 3072 MiB of memory, and this main host has 2048 MiB/,
  ));
