import { mkdtempSync, readFileSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { DistributeLog } from '../../../../main/distribute/results/distribute-log.ts';

const at = Date.UTC(2026, 10, 21);
const openLog = (noRoom = vi.fn<() => void>()) =>
  new DistributeLog(mkdtempSync(join(tmpdir(), 'shakedown-log-')), () => at, noRoom);

test('lines of all outputs come into one file, whole, a moment later', async () => {
  const log = openLog();
  const [one, other] = ['0_0', '0_1'].map((runner) => log.lines({ node: 'n', runner, of: `${runner}.py` }));
  one?.write(Buffer.from('first\nsec'));
  other?.write(Buffer.from('between\n'));
  one?.write(Buffer.from('ond\n'));
  const lines = ['0_0 0_0.py | first', '0_1 0_1.py | between', '0_0 0_0.py | second'];
  const text = lines.map((line) => `2026-11-21T00:00:00.000Z n ${line}\n`).join('');
  await vi.waitFor(() => expect(readFileSync(log.file, 'utf8')).toBe(text));
});

test('all of it is there when that is asked for, a last line without an end, too', () => {
  const log = openLog();
  const lines = log.lines({ node: 'n', of: 'hook' });
  for (let number = 0; number < 20_000; number += 1) lines.write(Buffer.from(`line ${number}\n`));
  lines.write(Buffer.from('last'));
  lines.end();
  log.flush();
  const written = readFileSync(log.file, 'utf8').split('\n');
  expect(written.map((line) => line.split(' | ')[1])).toEqual([
    ...Array.from({ length: 20_000 }, (_, number) => `line ${number}`),
    'last',
    undefined,
  ]);
});

test('a full disk is told, and ends nothing', () => {
  const noRoom = vi.fn();
  const log = openLog(noRoom);
  symlinkSync('/dev/full', log.file);
  log.lines({ node: 'n', of: 'hook' }).write(Buffer.from('lost\n'));
  expect(noRoom).toHaveBeenCalled();
});
