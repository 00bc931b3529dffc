import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { askSsh } from '../../../../main/providers/ssh/ask-ssh.ts';

/** Puts a program named ssh before all others, or nothing at all. */
function sshIs(script?: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'sd-ask-ssh-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  if (script !== undefined) {
    writeFileSync(join(folder, 'ssh'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'ssh'), 0o755);
  }
  vi.stubEnv('PATH', script === undefined ? folder : `${folder}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
}

test('who asks of many hosts at once gets each answer for itself', async () => {
  sshIs('echo "host $3"; echo "words about $3" >&2; exit "$2"');
  const names = Array.from({ length: 30 }, (_, index) => `it's node ${index}`);
  const answers = await Promise.all(names.map((name, index) => askSsh(['-G', String(index % 3), name])));
  expect(answers).toEqual(
    names.map((name, index) => ({
      exitCode: index % 3,
      stdout: `host ${name}\n`,
      stderr: `words about ${name}`,
    })),
  );
});

test('it has no input, and what it says nothing with is an empty answer', async () => {
  sshIs('cat');
  expect(await askSsh(['-G', 'any'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
});

test('without ssh there is no answer', async () => {
  sshIs();
  expect(await Promise.all([askSsh(['-G', 'a']), askSsh(['-G', 'b'])])).toEqual([undefined, undefined]);
});

test('what no shell can be given fails who asks it', async () => {
  await expect(askSsh(['-G', 'a\0b'])).rejects.toThrow(/null bytes/);
});

test('ten hosts, and what ssh does where nothing is said, are asked by two shells', async () => {
  sshIs('echo "shell $PPID"');
  const names = Array.from({ length: 11 }, (_, index) => `node${index}`);
  const answers = await Promise.all(names.map((name) => askSsh(['-G', name])));
  expect(new Set(answers.map((answer) => answer?.stdout)).size).toBe(2);
});
