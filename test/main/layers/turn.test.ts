import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
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

test('what killed makers left is gone a day later, and what a living one has stays', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'turn-'));
  const folder = join(cache, 'layers');
  const { pid } = spawnSync('true');
  const [dead, living] = ['layer-1111111111111111.lock', 'layer-2222222222222222.lock'];
  using _ = await takeTurn(cache, 'layer-2222222222222222', () => undefined, signal);
  writeFileSync(join(folder, dead), JSON.stringify({ pid, started: '1', since: 1 }));
  writeFileSync(join(folder, `${dead}.${pid}-0a1b2c3d`), 'aside');
  writeFileSync(join(folder, 'sightings.json'), '{}');
  const yesterday = new Date(Date.now() - 25 * 3_600_000);
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), yesterday, yesterday);
  using _other = await takeTurn(cache, key, () => undefined, signal);
  expect(readdirSync(folder).sort()).toEqual([`${key}.lock`, living, 'sightings.json']);
});
