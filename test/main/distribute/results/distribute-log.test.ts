import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { DistributeLog } from '../../../../main/distribute/results/distribute-log.ts';

const at = Date.UTC(2026, 10, 21);
const openLog = () => new DistributeLog(mkdtempSync(join(tmpdir(), 'shakedown-log-')), () => at);

test('lines of all outputs come into one file, whole, a moment later', async () => {
  const log = openLog();
  const [one, other] = ['0_0', '0_1'].map((runner) => log.lines({ node: 'n', runner, of: `${runner}.py` }));
  await one?.write(Buffer.from('first\nsec'));
  await other?.write(Buffer.from('between\n'));
  await one?.write(Buffer.from('ond\n'));
  const lines = ['0_0 0_0.py | first', '0_1 0_1.py | between', '0_0 0_0.py | second'];
  const text = lines.map((line) => `2026-11-21T00:00:00.000Z n ${line}\n`).join('');
  await vi.waitFor(() => expect(readFileSync(log.file, 'utf8')).toBe(text));
  await log[Symbol.asyncDispose]();
});

test('all of it is there when the log is closed, a last line without an end, too', async () => {
  const log = openLog();
  const lines = log.lines({ node: 'n', of: 'hook' });
  for (let number = 0; number < 20_000; number += 1) await lines.write(Buffer.from(`line ${number}\n`));
  await lines.write(Buffer.from('last'));
  lines.end();
  await log[Symbol.asyncDispose]();
  const written = readFileSync(log.file, 'utf8').split('\n');
  expect(written.map((line) => line.split(' | ')[1])).toEqual([
    ...Array.from({ length: 20_000 }, (_, number) => `line ${number}`),
    'last',
    undefined,
  ]);
});
