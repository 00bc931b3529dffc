import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { isNewEnough } from '../../bin/own-node.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sd-own-node-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program that runs itself anew by our own Node, and then does what it was asked for. */
const program = join(folder, 'program.mjs');
writeFileSync(
  program,
  `import { runByOwnNode } from '${new URL('../../bin/own-node.mjs', import.meta.url)}';
  const tell = (word) => console.log(word + ' ' + process.pid);
  const does = {
    end: () => { console.log(process.version, ...process.argv.slice(3)); process.exitCode = 7; },
    die: () => process.kill(process.pid, 'SIGKILL'),
    wait: () => {
      process.on('SIGTERM', () => { tell('told'); process.exit(9); });
      setInterval(() => {}, 1000);
      tell('up');
    },
  };
  if (process.env.INNER) does[process.argv[2]]();
  else { process.env.INNER = '1'; runByOwnNode('program'); }
`,
);

function start(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (data) => {
    said += data;
  });
  return { child, said: () => said, ended: once(child, 'close') };
}

test('a Node that is too old is known by its version', () => {
  expect(['24.18.1', '22.18.0', '23.0.0'].filter((version) => isNewEnough(version))).toHaveLength(3);
  expect(['22.17.9', '20.20.2', '18.20.4'].filter((version) => isNewEnough(version))).toEqual([]);
  expect(isNewEnough()).toBe(true);
});

test('the program runs anew with its arguments, and ends as it ended', async () => {
  const { said, ended } = start('end', 'a b', "it's", '--flag=*');
  expect(await ended).toEqual([7, null]);
  expect(said()).toMatch(/^v\d+\.\S+ a b it's --flag=\*\n$/);
});

test('one that a signal ended has the exit code of a shell', async () => {
  expect(await start('die').ended).toEqual([137, null]);
});

test('a signal for the one that was started reaches the program', async () => {
  const { child, said, ended } = start('wait');
  await vi.waitFor(() => expect(said()).toContain('up'), 20_000);
  child.kill('SIGTERM');
  expect(await ended).toEqual([9, null]);
  expect(said()).toContain('told');
});

test('when the one that was started is killed, the program is told to end', async () => {
  const { child, said, ended } = start('wait');
  await vi.waitFor(() => expect(said()).toContain('up'), 20_000);
  child.kill('SIGKILL');
  // The pipe is closed once the program has gone, too.
  await ended;
  expect(said()).toContain('told');
});
