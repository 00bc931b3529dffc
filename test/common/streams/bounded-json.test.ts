import { expect, test } from 'vitest';
import { parseBounded } from '../../../common/streams/bounded-json.ts';

const parse = (text: string) => parseBounded(Buffer.from(text));

test('a message is its value, whatever stands in its strings', () => {
  const value = { a: ['[{,"\\', 'x'.repeat(300_000), '\\\\"'], b: { c: null } };
  expect(parse(JSON.stringify(value))).toEqual(value);
  const many = Array.from({ length: 200_000 }, (_, at) => `path/${at}`);
  expect(parse(JSON.stringify(many))).toEqual(many);
});

test.each([
  ['no JSON', '{"a":'],
  ['no JSON', `"${'x'.repeat(300_000)}`],
  ['more than 64 levels deep', '['.repeat(300_000)],
  ['more than 64 levels deep', `[${'"\\\\",'.repeat(100_000)}${'['.repeat(65)}`],
  ['more than 500000 values', `[${'{},'.repeat(500_001)}{}]`],
])('%s', (why, text) => {
  expect(() => parse(text)).toThrow(why);
});

test('to look through a message of the greatest size takes no great time', () => {
  const bytes = Buffer.from(
    JSON.stringify(Array.from({ length: 400_000 }, () => 'a string of some length, yes')),
  );
  const begin = performance.now();
  parseBounded(bytes);
  expect(performance.now() - begin).toBeLessThan(20_000);
});
