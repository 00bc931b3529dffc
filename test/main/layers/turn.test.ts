import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeTurn } from '../../../main/layers/turn.ts';

const signal = new AbortController().signal;
const key = 'layer-0123456789abcdef';

test('who wants the same layer waits until the other one is done, and is told whom for', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'turn-'));
  const order: string[] = [];
  const first = await takeTurn(cache, key, () => order.push('never'), signal);
  const second = takeTurn(cache, key, (pid) => order.push(`waits for ${pid}`), signal).then((turn) => {
    order.push('second');
    turn[Symbol.dispose]();
  });
  const other = await takeTurn(cache, 'layer-fedcba9876543210', () => order.push('never'), signal);
  await expect.poll(() => order).toEqual([`waits for ${process.pid}`]);
  order.push('first is done');
  first[Symbol.dispose]();
  await second;
  expect(order).toEqual([`waits for ${process.pid}`, 'first is done', 'second']);
  other[Symbol.dispose]();
});

test('a maker that was killed is not waited for, and who is interrupted waits no longer', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'turn-'));
  const { pid } = spawnSync('true');
  mkdirSync(join(cache, 'layers'));
  writeFileSync(join(cache, 'layers', `${key}.lock`), JSON.stringify({ pid, started: '1', since: 1 }));
  using _ = await takeTurn(cache, key, () => undefined, signal);
  const interrupt = new AbortController();
  const waiting = takeTurn(cache, key, () => interrupt.abort(), interrupt.signal);
  await expect(waiting).rejects.toThrow('aborted');
});
