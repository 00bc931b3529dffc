import { expect, test } from 'vitest';
import { AptProgress } from '../../../node-agent/packages/apt-progress.ts';

test('apt’s own progress is told now and then, and nothing else that it says there', () => {
  const told: string[] = [];
  let now = 0;
  const progress = new AptProgress(
    (message) => told.push(message),
    () => now,
  );
  const at = (ms: number, line: string) => {
    now = ms;
    progress.line(line);
  };
  at(9000, 'dlstatus:1:1.5:Retrieving file 1 of 9');
  at(11_000, 'dlstatus:3:30.75:Retrieving file 3 of 9 (12s remaining)');
  at(12_000, 'dlstatus:4:40.0:Retrieving file 4 of 9');
  at(40_000, 'media-change: Please insert the disc');
  at(41_000, 'pmstatus:libc6:amd64:62.5000:Unpacking libc6:amd64 (amd64)');
  at(60_000, 'pmstatus:dpkg-exec:0.0000:Running dpkg');
  expect(told).toEqual([
    'downloading packages: 30 %, Retrieving file 3 of 9 (12s remaining)',
    'installing packages: 62 %, Unpacking libc6:amd64 (amd64)',
    'installing packages: 0 %, Running dpkg',
  ]);
});
