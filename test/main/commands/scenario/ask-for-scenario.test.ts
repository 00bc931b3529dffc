import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { folder } from '../../remotes/fake-node.ts';

const program = join(import.meta.dirname, '../../../../bin/shakedown.mjs');

/** Runs `shakedown init` on a terminal (script(1), util-linux), with these keys, each when that is asked. */
async function typed(keys: readonly (readonly [asked: RegExp, key: string])[]) {
  const words = [process.execPath, program, 'init'].map((word) => `'${word}'`).join(' ');
  const running = execa('script', ['-qec', `stty columns 100 rows 30; ${words}`, '/dev/null'], {
    cwd: folder(),
    env: { CI: '', TERM: 'xterm' },
    reject: false,
    stdin: 'pipe',
  });
  let [seen, next] = ['', 0];
  for await (const chunk of running.iterable({ binary: true })) {
    seen += Buffer.from(chunk as Uint8Array).toString();
    const [asked, key = ''] = keys[next] ?? [];
    if (!asked?.test(seen)) continue;
    [seen, next] = ['', next + 1];
    running.stdin.write(key);
  }
  const { exitCode } = await running;
  return { exitCode, seen };
}

test('the questions of init, on a real terminal', async () => {
  const { exitCode, seen } = await typed([
    [/Folder of the new scenario/, 'db\r'],
    [/Kind of machine/, '\u001b[B\r'],
    [/How many nodes/, 'x\r'],
    [/will not do: a whole number.*How many nodes/s, '2\r'],
    [/Debian package/, 'redis-server\r'],
  ]);
  expect(seen).toContain('A scenario of 2 nodes with redis-server is in db:');
  expect(exitCode).toBe(0);
});

test('Ctrl-C breaks it off', async () => {
  const { exitCode } = await typed([[/Folder of the new scenario/, '\u0003']]);
  expect(exitCode).toBe(130);
});
