import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { scenarioOf } from '../../config/scenario-folder.ts';
import { folder, node } from '../../remotes/fake-node.ts';
import { keptIn } from '../kept-machines.ts';

const program = join(import.meta.dirname, '../../../../bin/shakedown.mjs');

/**
 * Runs a line of bash in which `shakedown` is the program; gives its exit
 * code, what came out, and what it said.
 */
async function bash(line: string, cwd: string) {
  const script = `shakedown() { "$NODE" "$PROGRAM" "$@"; }; ${line}; exit \${PIPESTATUS[0]}`;
  const env = { NODE: process.execPath, PROGRAM: program, NO_COLOR: '1' };
  const { exitCode, stdout, stderr } = await execa('bash', ['-c', script], { cwd, env, reject: false });
  return { exitCode, stdout, stderr };
}

/** A folder with so many runs that their list does not fit into a pipe that nobody reads. */
function manyRuns(): string {
  const directory = folder();
  for (let each = 0; each < 5000; each++) {
    mkdirSync(join(directory, `.shakedown/runs/20260101-000000-${each.toString(16).padStart(4, '0')}`), {
      recursive: true,
    });
  }
  return directory;
}

describe('whoever read the output has gone', () => {
  test.each(['--help', 'nosuch 2>&1', 'doctor --json'])('%s: 141, and not a word', async (words) =>
    expect(await bash(`shakedown ${words} | sleep 0`, folder())).toEqual({
      exitCode: 141,
      stdout: '',
      stderr: '',
    }),
  );

  test('runs list | head -1', async () => {
    const { exitCode, stdout, stderr } = await bash('shakedown runs list | head -1', manyRuns());
    expect({ exitCode, stderr }).toEqual({ exitCode: 141, stderr: '' });
    expect(stdout).toMatch(/^20260101-000000-\w+ {2}\? {6}no report: it is under way, or was killed$/);
  });

  test('exec NODE -- COMMAND | head -1', async () => {
    const cwd = keptIn([(await node()).target]);
    const ran = await bash("shakedown exec 0 -- 'seq 1 3000000' | head -1", cwd);
    expect(ran).toEqual({ exitCode: 141, stdout: '1', stderr: '' });
  });
});

describe('the disk is full', () => {
  const full = 'shakedown: not all could be written to stdout: ENOSPC: no space left on device, write';

  test('config > /dev/full', async () => {
    const { directory } = scenarioOf({ nodes: 'nspawn({ count: 2 })' });
    const ran = await bash('shakedown config > /dev/full', directory);
    expect(ran).toMatchObject({ exitCode: 3, stderr: full });
  });

  test('exec NODE -- COMMAND > /dev/full', async () => {
    const cwd = keptIn([(await node()).target]);
    const ran = await bash("shakedown exec 0 -- 'seq 1 30000' > /dev/full", cwd);
    expect(ran).toMatchObject({ exitCode: 3, stderr: full });
  });

  test('a mistake that cannot be told is not taken for one that was', async () =>
    expect((await bash('shakedown runs lsit 2> /dev/full', folder())).exitCode).toBe(3));
});

test('a closed stdout or stderr is no failure', async () => {
  const directory = folder();
  writeFileSync(join(directory, 'empty'), '');
  expect((await bash('shakedown --help >&-', directory)).exitCode).toBe(0);
  expect((await bash('shakedown --help 2>&-', directory)).exitCode).toBe(0);
  expect((await bash('shakedown runs list <&- >&- 2>&-', directory)).exitCode).toBe(0);
});

test('an error that nothing caught ends with 3: 1 would say that the system under test is wrong', async () => {
  const { directory } = scenarioOf({
    nodes: "(Promise.reject(new Error('left alone')), nspawn({ count: 1 }))",
  });
  const { exitCode, stderr } = await bash('shakedown config', directory);
  expect(exitCode).toBe(3);
  expect(stderr).toContain('shakedown: left alone');
});
