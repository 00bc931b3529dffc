import { expect, test } from 'vitest';
import { present } from '../../common/present.ts';

test('leaves out what is undefined, and nothing else', () => {
  const hint: string | undefined = undefined;
  expect(Object.entries(present({ message: 'm', hint, exitCode: null, count: 0, text: '' }))).toEqual([
    ['message', 'm'],
    ['exitCode', null],
    ['count', 0],
    ['text', ''],
  ]);
});

test('fits optional fields', () => {
  const details: { message: string; hint?: string } = {
    message: 'm',
    ...present({ hint: undefined as string | undefined }),
  };
  expect('hint' in details).toBe(false);
});
