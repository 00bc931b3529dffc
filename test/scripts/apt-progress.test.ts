import { expect, test } from 'vitest';
import { AptProgress } from '../../scripts/ensure/apt-progress.mjs';

test('of all that apt says on its progress, a line in five seconds is told', () => {
  const told: string[] = [];
  let ms = 0;
  const progress = new AptProgress(
    (line) => told.push(line),
    () => ms,
  );
  for (let second = 1; second <= 12; second++) {
    ms = second * 1000;
    progress.see(`dlstatus:${second}:${second}.4:Retrieving file ${second} of 12`);
  }
  ms = 20_000;
  progress.see('pmstatus:etcd-server:56.7:Unpacking etcd-server (amd64)');
  expect(told).toEqual([
    '  apt: 5 % downloaded',
    '  apt: 10 % downloaded',
    '  apt: 57 % installed, now etcd-server',
  ]);
  expect(progress.done()).toBe('the Debian packages are there (20 s)');
});

test('what is no progress is passed over', () => {
  const told: string[] = [];
  let ms = 0;
  const progress = new AptProgress(
    (line) => told.push(line),
    () => ms,
  );
  ms = 60_000;
  for (const line of ['', 'pmerror:x:1:broken', 'media-change: x', 'nonsense']) progress.see(line);
  expect(told).toEqual([]);
});
