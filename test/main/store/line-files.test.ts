import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { LineFiles } from '../../../main/store/line-files.ts';

const temporaryFolder = () => mkdtempSync(join(tmpdir(), 'shakedown-lines-'));

const broken = (error: unknown): never => {
  throw error;
};

test('a line is in its file at once; those that come right after it are a moment later, in their order', async () => {
  const directory = temporaryFolder();
  const [one, other] = [join(directory, 'one'), join(directory, 'other')];
  const lines = new LineFiles(broken);
  lines.append(one, 'first\n');
  expect(readFileSync(one, 'utf8')).toBe('first\n');
  for (const line of ['second\n', 'third\n']) {
    lines.append(one, line);
    lines.append(other, line);
  }
  expect(readFileSync(one, 'utf8')).toBe('first\n');
  await vi.waitFor(() => expect(readFileSync(one, 'utf8')).toBe('first\nsecond\nthird\n'));
  expect(readFileSync(other, 'utf8')).toBe('second\nthird\n');
});

test('what waits is written when that is asked for, and when there is much of it', () => {
  const file = join(temporaryFolder(), 'file');
  const lines = new LineFiles(broken);
  for (const line of ['first\n', 'second\n']) lines.append(file, line);
  lines.flush();
  expect(readFileSync(file, 'utf8')).toBe('first\nsecond\n');
  const long = `${'x'.repeat(70_000)}\n`;
  lines.append(file, long);
  expect(readFileSync(file, 'utf8')).toBe(`first\nsecond\n${long}`);
});

test('a process that ends by itself, or by an error, loses no line', () => {
  const file = join(temporaryFolder(), 'file');
  const program = `
    import { LineFiles } from ${JSON.stringify(join(import.meta.dirname, '../../../main/store/line-files.ts'))};
    const lines = new LineFiles(console.error);
    for (const line of ['first', 'second']) lines.append(${JSON.stringify(file)}, line + process.argv[1] + '\\n');
    if (process.argv[1] === '2') process.exit();
    if (process.argv[1] === '3') throw new Error('on purpose');`;
  const run = (how: string) =>
    execFileSync(process.execPath, ['--input-type=module-typescript', '-e', program, how], { stdio: 'pipe' });
  run('1');
  run('2');
  expect(() => run('3')).toThrow('on purpose');
  expect(readFileSync(file, 'utf8').split('\n').slice(0, -1)).toEqual(
    ['1', '2', '3'].flatMap((how) => [`first${how}`, `second${how}`]),
  );
});

test('who cannot write is told why, and goes on', () => {
  const failed = vi.fn();
  const directory = temporaryFolder();
  const lines = new LineFiles(failed);
  lines.append(directory, 'lost\n');
  expect(failed).toHaveBeenCalledWith(expect.objectContaining({ code: 'EISDIR' }));
  lines.append(join(directory, 'file'), 'kept\n');
  lines.flush();
  expect(readFileSync(join(directory, 'file'), 'utf8')).toBe('kept\n');
});
