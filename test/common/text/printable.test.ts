import { describe, expect, test } from 'vitest';
import { describeFailure, ShakedownError } from '../../../common/errors.ts';
import { clip, printable, printableData, printableLine } from '../../../common/text/printable.ts';

describe('text', () => {
  test.each([
    ['plain, with ü, 漢字, 👩‍🚀 and a\ttab\nin lines'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u009b31mred', 'red'],
    ['\u001b]0;title\u0007after', 'after'],
    ['\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['\u001b]52;c;ZXZpbA', ';ZXZpbA'],
    ['\u001bPq#0\u001b\\', 'q#0\\x1b\\'],
    ['bell \u0007, back \b, delete \x7f, nul \0', 'bell \\x07, back \\x08, delete \\x7f, nul \\x00'],
    ['10%\r20%\r\nend\r', '10%\n20%\nend\n'],
    ['a\u202egpj.exe', 'a\\u202egpj.exe'],
    ['a\u2066b\u2069\u200f', 'a\\u2066b\\u2069\\u200f'],
    ['two\u2028lines\u2029', 'two\\u2028lines\\u2029'],
    ['half \ud83d, whole 😀', 'half \\ud83d, whole 😀'],
    ['tag \u{e0041}', 'tag \\u{e0041}'],
    ['\ufeffbom \uffff', '\\ufeffbom \\uffff'],
  ])('%j', (given, wanted = given) => {
    expect(printable(given)).toBe(wanted);
    expect(printable(printable(given))).toBe(wanted);
  });

  test('of a great length takes no great time', () => {
    const begin = performance.now();
    for (const piece of ['\u001b[', '\u001b]', '\u009b;', '\u001b[;;;;', '\u001b#?#?', '\r', '\u202e'])
      printable(piece.repeat(200_000));
    expect(performance.now() - begin).toBeLessThan(30_000);
  });
});

test('a line is one line, and not too long', () => {
  expect(printableLine('one\r\ntwo\n\nthree\tfour')).toBe('one two three four');
  expect(printableLine('x'.repeat(10_000), 20)).toBe(`${'x'.repeat(19)}…`);
  expect(clip('ab😀', 3)).toBe('ab…');
});

test('data keeps its shape', () => {
  const data = { name: 'a\u0007', list: ['\u001b[2Jx', 3, null, true], 'k\u0007': { deep: undefined } };
  expect(printableData(data)).toEqual({
    name: 'a\\x07',
    list: ['x', 3, null, true],
    'k\\x07': { deep: undefined },
  });
});

test('errors are printable from their beginning, and forge no line', () => {
  const error = new ShakedownError({
    message: 'it said \u001b[2J\nNode 2: PASS',
    command: 'echo\r\n  log: nowhere',
    lastLines: ['\u001b]0;title\u0007a', 'two\nlines', 'x'.repeat(5000)],
    hint: 'run\u202e this',
  });
  expect(error.message).toBe('it said \nNode 2: PASS');
  expect(describeFailure({ node: 1, ...error.details }).split('\n')).toEqual([
    'Node 1: it said ',
    '    Node 2: PASS',
    '  command: echo',
    '      log: nowhere',
    '  | a',
    '  | two',
    '  | lines',
    expect.stringMatching(/^ {2}\| x+…$/),
    '  try: run\\u202e this',
  ]);
});
