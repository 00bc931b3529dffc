import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';

const program = join(import.meta.dirname, '../../../bin/shakedown-virt.mjs');

/** What the server ends with when its caller sends these lines and never reads. */
async function unread(args: readonly string[], input: string): Promise<number | undefined> {
  const cache = mkdtempSync(join(tmpdir(), 'shakedown-virt-test-'));
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
  const env = { SHAKEDOWN_CACHE: cache, HOME: cache, SSH_AUTH_SOCK: '' };
  const server = execa(process.execPath, [program, ...args], { input, env, reject: false });
  server.stdout.destroy();
  return (await server).exitCode;
}

// Nobody listens on port 1.
const nowhere = ['--nodes', 'nobody@127.0.0.1:1', '--timeout', '1'];

test('the exit code is what the server came to, though its caller has gone', async () => {
  expect(await unread(nowhere, 'open\nquit\n'), 'a machine that does not answer').toBe(3);
  expect(await unread(nowhere, 'jump\nquit\n'), 'no such command').toBe(2);
  expect(await unread(nowhere, 'quit\n')).toBe(0);
});
