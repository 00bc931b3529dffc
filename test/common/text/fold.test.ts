import { styleText } from 'node:util';
import { expect, test } from 'vitest';
import { fold } from '../../../common/text/fold.ts';

test('as many words to a line as fit, and none is broken', () => {
  expect(fold(['config 1 ms', 'setup 2 ms', 'x'], 25, ' · ')).toEqual(['config 1 ms · setup 2 ms', 'x']);
  expect(fold(['aa', 'longer than that', 'b'], 5)).toEqual(['aa', 'longer than that', 'b']);
  expect(fold([], 5)).toEqual([]);
});

test('colours take no room', () => {
  const red = styleText('red', 'aaa', { validateStream: false });
  expect(fold([red, red, 'b'], 7)).toEqual([`${red} ${red}`, 'b']);
});
