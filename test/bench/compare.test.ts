import { expect, test } from 'vitest';
import { compare, type Records, table } from '../../bench/all/compare.ts';
import { programs } from '../../bench/all/programs.ts';

const record = (value: number) => ({ value, date: '2026-11-26', machine: '2 cores', command: 'node x' });
const records: Records = { job: record(2), start: record(4) };
const verdicts = (measured: Readonly<Record<string, number>>) =>
  compare([{ name: 'job', goal: 1 }, { name: 'start' }], new Map(Object.entries(measured)), records).map(
    ({ verdict }) => verdict,
  );

test('up to a quarter above what is recorded is fine, and what is better', () => {
  expect(verdicts({ job: 2.5, start: 1 })).toEqual(['fine', 'fine']);
});

test('more than a quarter above it is worse', () => {
  expect(verdicts({ job: 2.51, start: 4 })).toEqual(['worse', 'fine']);
});

test('what could not be measured does not count as fine', () => {
  expect(verdicts({ job: Number.NaN })).toEqual(['not measured', 'not measured']);
});

test('what is not recorded yet is new', () => {
  expect(compare([{ name: 'other' }], new Map([['other', 9]]), records)[0]?.verdict).toBe('new');
});

test('the table has what is recorded, the goal and what was measured', () => {
  const rows = compare([{ name: 'job', goal: 1 }], new Map([['job', 1.234]]), records);
  expect(table(rows)).toBe(
    '| measure | recorded | goal | measured | |\n|---|---|---|---|---|\n| job | 2.00 | 1.00 | 1.23 | fine |\n',
  );
});

test('no two measures have one name', () => {
  const names = programs.flatMap(({ measures }) => measures.map(({ name }) => name));
  expect(new Set(names).size).toBe(names.length);
});
