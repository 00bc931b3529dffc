import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Records } from '../../bench/all/compare.ts';
import { goals, withGoals } from '../../bench/all/goals.ts';
import { programs } from '../../bench/all/programs.ts';

const bench = join(import.meta.dirname, '../../bench');
const record = { value: 2, date: '2026-11-26', machine: '2 cores', command: 'node x' };

test('a measure stands beside its goal, with whether that is reached', () => {
  const table = goals([{ name: 'job', goal: 1 }, { name: 'start', goal: 3 }, { name: 'new' }], {
    job: record,
    start: record,
  });
  expect(table.split('\n').slice(2)).toEqual([
    '| job | 2 | 1 | no | 2026-11-26 | 2 cores | `node x` |',
    '| start | 2 | 3 | yes | 2026-11-26 | 2 cores | `node x` |',
    '| new | | | | | | |',
  ]);
});

test('the table takes the place of what stood between the marks', () => {
  expect(withGoals('a\n<!-- goals -->\nold\n<!-- /goals -->\nb', 'new')).toBe(
    'a\n<!-- goals -->\nnew\n<!-- /goals -->\nb',
  );
  expect(() => withGoals('no marks', 'new')).toThrow('<!-- goals -->');
});

test('the table of the README is that of the records', () => {
  const records: Records = JSON.parse(readFileSync(join(bench, 'all/recorded.json'), 'utf8'));
  const readme = readFileSync(join(bench, 'README.md'), 'utf8');
  const table = goals(
    programs.flatMap(({ measures }) => measures),
    records,
  );
  expect(withGoals(readme, table)).toBe(readme);
});
