import { describe, expect, test } from 'vitest';
import { lastLinesOf, OutputBuffer } from '../../node-agent/output-buffer.ts';

describe('output in bounded memory', () => {
  test.each([
    [['all'], 'all'],
    [['0123456789'], '0123456789'],
    [['01234', '56789'], '0123456789'],
    [['0123456789ab'], '01234\n… 2 bytes left out …\n789ab'],
    [[...'0123456789ab'], '01234\n… 2 bytes left out …\n789ab'],
  ])('%j becomes %j with a bound of 5', (chunks, text) => {
    const buffer = new OutputBuffer(undefined, 5);
    for (const chunk of chunks) buffer.add(Buffer.from(chunk));
    expect(buffer.end()).toBe(text);
  });

  test('lines are told as they end, letters that fall between two chunks are whole', () => {
    const lines: string[] = [];
    const buffer = new OutputBuffer((line) => void lines.push(line));
    const text = Buffer.from('one\r\nGrüße\nlast');
    for (const byte of text) buffer.add(Buffer.from([byte]));
    expect(lines).toEqual(['one', 'Grüße']);
    buffer.end();
    expect(lines).toEqual(['one', 'Grüße', 'last']);
  });
});

test('last lines are for reading: no colours, no control characters, no novels', () => {
  const text = `first\n\n\u001b[31mred\u001b[0m\u0000\u0007\n${'x'.repeat(600)}\n`;
  expect(lastLinesOf(text, 2)).toEqual(['red', `${'x'.repeat(500)}…`]);
});
