import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { JournalEntries, type JournalEntry } from '../../../node-agent/journal/journal-entries.ts';
import { journalLine } from '../../../node-agent/journal/journal-line.ts';

const binary = (name: string, value: Buffer) => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(value.length));
  return Buffer.concat([Buffer.from(`${name}\n`), length, value, Buffer.from('\n')]);
};

const exported = Buffer.concat([
  Buffer.from(
    '__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=1700000000123456\n_HOSTNAME=n0\nSYSLOG_IDENTIFIER=app\n_PID=7\n',
  ),
  binary('MESSAGE', Buffer.from('caf\xe9 \x07bell\x1b[31mred\x1b[0m a=b\ntwo\r', 'latin1')),
  Buffer.from('\n__REALTIME_TIMESTAMP=1700000001000000\n_HOSTNAME=n0\n_COMM=sh\n'),
  binary('MESSAGE', Buffer.from('\n\nMESSAGE=none of it\n')),
  Buffer.from(
    `\n__REALTIME_TIMESTAMP=1700000002000000\nSYSLOG_IDENTIFIER=kernel\nMESSAGE=${'ö'.repeat(9000)}\n\n`,
  ),
]);

const linesOf = async (chunks: Iterable<Buffer>) => {
  const entries = Readable.from(chunks).pipe(new JournalEntries());
  const lines: string[] = [];
  for await (const entry of entries as AsyncIterable<JournalEntry>) lines.push(journalLine(entry));
  return lines;
};

test.each([1, 7, 4096, exported.length])('entries come whole, in chunks of %i bytes', async (size) => {
  const chunks = Array.from({ length: Math.ceil(exported.length / size) }, (_, index) =>
    exported.subarray(index * size, (index + 1) * size),
  );
  const [first = '', second = '', third = '', ...more] = await linesOf(chunks);
  expect(first).toMatch(
    /^2023-11-1[45]T\d\d:\d\d:20\.123456[+-]\d{4} n0 app\[7\]: caf\\xe9 \\x07bellred a=b\n +two\n$/,
  );
  expect(second).toMatch(/ n0 sh: \n\s+\n\s+MESSAGE=none of it\n$/);
  expect(third).toContain(` localhost kernel: ${'ö'.repeat(9000)}\n`);
  expect(more).toEqual([]);
});
