import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

test('a failed test tells all that an error of ours knows, wherever it was thrown', async () => {
  const folder = join(import.meta.dirname, 'fakes/failing');
  const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
  const { exitCode, all } = await execa(process.execPath, [vitest, 'run', '--root', folder], {
    all: true,
    reject: false,
    env: { NO_COLOR: '1' },
  });
  expect(exitCode).toBe(1);
  for (const image of ['thrown', 'cause', 'first', 'second', 'hook']) {
    expect(all).toContain(`command: import ${image}  (exit 3)`);
    expect(all).toContain(`| no room for ${image}`);
    expect(all).toContain(`try: make room for ${image}`);
  }
  // Where it was thrown is told as ever.
  expect(all).toMatch(/failing\.ts:\d+:\d+/);
});

test('these tests themselves tell it', async () => {
  const { ShakedownError } = await import('../common/errors.ts');
  expect(new ShakedownError({ message: 'm', hint: 'do that' })).toHaveProperty(
    'codeFrame',
    'm\n  try: do that',
  );
});
