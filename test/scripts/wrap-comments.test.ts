import { expect, test } from 'vitest';
import { wrapComments } from '../../scripts/wrap-comments.ts';

const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index}`).join(' ');
const widest = (source: string) => Math.max(...source.split('\n').map(({ length }) => length));
const text = (source: string) =>
  source
    .replaceAll(/^\s*(\/\*\*|\*\/|\*|\/\/) ?/gm, '')
    .split(/\s+/)
    .join(' ')
    .trim();

test.each([
  ['a block in one line', `  /** ${words(30)} */\n  const a = 1;`],
  ['a block', `/**\n * ${words(30)}\n * ${words(3)}\n */`],
  ['lines of their own', `  // ${words(30)}\n  // ${words(2)}\n  run();`],
])('%s is wrapped, and loses no word', (_what, source) => {
  const wrapped = wrapComments(source);
  expect(widest(wrapped)).toBeLessThanOrEqual(110);
  expect(text(wrapped)).toBe(text(source).replace(' */', ''));
  expect(wrapComments(wrapped)).toBe(wrapped);
});

test('no last line has one word, where another way takes as many lines', () => {
  const lines = wrapComments(`/** ${'x'.repeat(55)} ${'y'.repeat(50)} ${words(1)} */`).split('\n');
  expect(lines[2]).toContain('y');
});

test.each([
  ['a comment that fits', `/** ${words(5)} */`],
  ['code', `const a = '${words(40)}';`],
  ['lists and what is indented', `/**\n * - ${words(30)}\n *     ${words(30)}\n */`],
  ['what is said to a tool', `// biome-ignore lint: ${words(30)}`],
])('%s stays as it is', (_what, source) => expect(wrapComments(source)).toBe(source));
