import { expect, test } from 'vitest';
import { MarkedOutput, markLine } from '../../../../main/distribute/executors/marked-output.ts';

const mark = 'cafe';

/** What comes of chunks: texts, and `|` for each mark. */
async function parts(chunks: readonly string[]): Promise<string> {
  let said = '';
  const output = new MarkedOutput(
    mark,
    async (chunk) => {
      said += chunk.toString('latin1');
    },
    () => {
      said += '|';
    },
  );
  for (const chunk of chunks) await output.add(Buffer.from(chunk, 'latin1'));
  await output.end();
  return said;
}

const line = markLine(mark);

test('marks end parts, wherever the stream is cut', async () => {
  const text = `a\n${line}${line}b${line}c`;
  expect(await parts([text])).toBe('a\n||b|c');
  expect(await parts([...text])).toBe('a\n||b|c');
  for (let at = 0; at <= text.length; at += 1) {
    expect(await parts([text.slice(0, at), text.slice(at)])).toBe('a\n||b|c');
  }
});

test('what only begins like a mark is said', async () => {
  const almost = ['\x1e', '\x1ecaf', '\x1ecafe', '\x1e\x1ecafe\r\n', '\xff\x1eCAFE\n'];
  for (const text of almost) expect(await parts([text])).toBe(text);
  expect(await parts(['\x1eca', line])).toBe('\x1eca|');
});
