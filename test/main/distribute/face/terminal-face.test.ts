import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { chooseDistributeFace } from '../../../../main/distribute/face/choose-face.ts';
import type { FileResult } from '../../../../main/distribute/results/test-result.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A terminal of this size; `shows` gives the text that was written to it since, when all has been drawn. */
async function terminal({ columns = 60, rows = 24 } = {}) {
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns, rows });
  const interrupt = new AbortController();
  const face = await chooseDistributeFace({ stdout, env: {}, signal: interrupt.signal, quiet: false });
  const raw = (ms: number): string => {
    vi.advanceTimersByTime(ms);
    return String(stdout.read() ?? '');
  };
  const shows = (ms = 1000): readonly string[] => stripVTControlCharacters(raw(ms)).split('\n');
  return { face, interrupt, raw, shows, stdout };
}

const result = (file: string, more: Partial<FileResult> = {}): FileResult => ({
  ...{ file, verdict: 'pass', durationMs: 1200, tests: [] },
  ...more,
});

test('what runs where, for how long, and how many files have ended', async () => {
  const { face, shows } = await terminal();
  face.began('0_0', 'web', ['test/a.py']);
  face.began('1_0', 'db', ['test/b.py', 'test/c.py', 'test/d.py']);
  face.result(result('test/z.py'), { settled: 1, files: 5 });
  const lines = shows(3000);
  expect(lines).toContain('web 0_0  test/a.py  3.0 s');
  expect(lines).toContain('db 1_0  test/b.py and 2 more  3.0 s');
  expect(lines).toContain('1/5 files, 3.0 s');
  face.ended('0_0');
  expect(shows().join('\n')).not.toContain('web 0_0');
  face.close();
});

test('a failure scrolls by and stays, what passes only counts; one that passes elsewhere is none any more', async () => {
  const { face, shows } = await terminal();
  face.began('0_0', 'web', ['test/a.py']);
  const ran = { node: 0, runner: '0_0', startedAt: 0, with: ['test/a.py'], output: 'output/1.log' };
  const bad = result('test/a.py', { verdict: 'fail', message: 'it exits with 1', ran });
  face.result(bad, { settled: 1, files: 12 });
  const lines = shows();
  expect(lines).toContain('✗  1/12  test/a.py  1.2 s, runner 0_0');
  expect(lines).toContain('   it exits with 1');
  expect(lines.at(-2)).toBe('1/12 files, 1 failed, 1.0 s');
  face.result(result('test/b.py'), { settled: 2, files: 12 });
  expect(shows().join('\n')).not.toContain('test/b.py');
  face.result(result('test/a.py'), { settled: 2, files: 12 });
  expect(shows().at(-2)).toBe('2/12 files, 3.0 s');
  face.close();
});

test('what happens to nodes scrolls by', async () => {
  const { face, shows } = await terminal();
  face.handle({ at: 0, type: 'note', node: 1, message: 'sent 4 files' });
  face.handle({ at: 0, type: 'phase-started', phase: 'setup' });
  expect(shows().filter(Boolean)).toEqual(['node 1: sent 4 files']);
  face.close();
});

test('a small terminal is never full: long lines are cut, and more runners than there is room for are counted', async () => {
  const { face, shows } = await terminal({ columns: 30, rows: 8 });
  for (let id = 0; id < 9; id += 1) face.began(`0_${id}`, 'node', [`test/${'long'.repeat(20)}${id}.py`]);
  face.result(result('test/z.py'), { settled: 1, files: 10 });
  const picture = shows(100).slice(-7, -1);
  expect(picture.slice(0, 4).every((line) => line.startsWith('node 0_') && line.endsWith('…'))).toBe(true);
  expect(picture.slice(4)).toEqual(['and 5 more runners', '1/10 files, 100 ms']);
  expect(picture.filter((line) => line.length > 29)).toEqual([]);
  face.close();
});

test('a file’s name cannot steer the terminal', async () => {
  const { face, raw } = await terminal();
  face.began('0_0', 'web', ['test/\x1b[2J\x07a\nb.py']);
  face.result(result('test/\x1b[31mred.py', { verdict: 'fail', message: 'x\x1b]0;title\x07y' }), {
    settled: 1,
    files: 2,
  });
  face.handle({ at: 0, type: 'note', node: 0, message: '\x1b[2J' });
  const text = raw(200);
  expect(text).not.toContain('\x1b[2J');
  expect(text).not.toContain('\x1b]0;');
  expect(text).not.toContain('\x07');
  face.close();
});

test('Ctrl-C is told at once where one looks, and what was drawn is gone at the end', async () => {
  const { face, interrupt, shows, raw, stdout } = await terminal();
  face.began('0_0', 'web', ['test/a.py']);
  shows();
  interrupt.abort();
  expect(shows(100).at(-2)).toMatch(/^interrupted: /);
  face.close();
  face.close();
  expect(raw(0), 'its three lines are wiped').toMatch(/(\x1b\[2K.*){3}/s);
  face.began('0_1', 'web', ['test/b.py']);
  expect(shows(), 'nothing comes after it').toEqual(['']);
  expect(vi.getTimerCount()).toBe(0);
  stdout.destroy();
});
