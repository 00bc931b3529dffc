import { expect, test } from 'vitest';
import { NpmProgress } from '../../scripts/ensure/npm-progress.mjs';

function progress() {
  const told: string[] = [];
  let ms = 0;
  const each = new NpmProgress(
    (line) => told.push(line),
    () => ms,
  );
  const after = (seconds: number, there: number, of: number) => {
    ms += seconds * 1000;
    each.see(there, of);
  };
  return { told, after };
}

test('how many packages are there is told when it has changed', () => {
  const { told, after } = progress();
  for (const [there, of] of [[0, 0] as const, [0, 235] as const, [72, 235] as const, [72, 235] as const])
    after(5, there, of);
  expect(told).toEqual([
    '  npm: looks at what there is',
    '  npm: 0 of 235 packages are there',
    '  npm: 72 of 235 packages are there',
  ]);
});

test('that no further package comes is told once, and again after one came', () => {
  const { told, after } = progress();
  const waits =
    '  npm: no further package for 15 s. It goes on; if this stays so, is the npm registry reachable?';
  for (let look = 0; look < 20; look++) after(5, 0, 235);
  expect(told).toEqual(['  npm: 0 of 235 packages are there', waits]);
  after(5, 3, 235);
  for (let look = 0; look < 20; look++) after(5, 3, 235);
  expect(told.slice(2)).toEqual(['  npm: 3 of 235 packages are there', waits]);
});
