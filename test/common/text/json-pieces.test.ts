import { expect, test } from 'vitest';
import { jsonPieces } from '../../../common/text/json-pieces.ts';

test.each([
  {
    a: 1,
    b: 'x\ny',
    list: [1, { c: [{}, [], { d: null }] }, 'two'],
    none: undefined,
    empty: [],
    nothing: {},
  },
  [undefined, { e: undefined, 'ü "q"': [[1], [2, [3]]] }],
  {
    spans: [{ name: 'a\u2028', reruns: [{ verdict: 'fail', detail: 'x\r\n' }] }],
    map: { k: [1, undefined] },
  },
  [],
  {},
  'text',
  7,
  null,
])('in pieces it is the same JSON: %j', (value) => {
  expect([...jsonPieces(value)].join('')).toBe(`${JSON.stringify(value, undefined, 2)}\n`);
});

test('a long list is given entry by entry', () => {
  const pieces = [...jsonPieces({ list: Array.from({ length: 1000 }, (_, index) => ({ index })) })];
  expect(pieces.length).toBeGreaterThan(1000);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(100);
});
