import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeCombinedOutput } from '../../../../main/distribute/results/combined-output.ts';
import { ProcessOutput } from '../../../../main/distribute/results/process-output.ts';
import type { RanProcess } from '../../../../main/distribute/schedule/schedule.ts';
import { place } from '../place.ts';

test('the output of a run is in one file, by the names of the test files, and not interleaved', async () => {
  const slowly = (name: string) => `for i in 1 2 3; do echo "${name} $i"; sleep 0.1; done`;
  const { run, left } = place({
    'test/b.sh': `${slowly('b')}; printf 'no end'; exit 1`,
    'test/a.sh': slowly('a'),
    'test/c.sh': 'true',
  });
  const result = await run({ files: 'test/*.sh', command: 'sh {file}', localRunners: 3 });
  expect(left(result, 'output.log').replaceAll(/, [\d.]+ m?s on runner 0_\d/g, '')).toBe(
    [
      ...['=== test/a.sh: pass', 'a 1', 'a 2', 'a 3'],
      ...['=== test/b.sh: fail', 'b 1', 'b 2', 'b 3', 'no end'],
      ...['=== test/c.sh: pass', ''],
    ].join('\n'),
  );
});

test('a framework’s few signs for a file that passed have no file of their own, what a test says has', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-output-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const outputs = { dot: '.', line: '..\n', word: 'é', number: '7\n', signs: '.'.repeat(17), nothing: '' };
  for (const [name, said] of Object.entries(outputs)) {
    const output = new ProcessOutput(directory, name);
    if (said) await output.write(Buffer.from(said));
    await output.end();
    const file = join(directory, output.path);
    const kept = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    expect(kept, name).toBe(['word', 'number', 'signs'].includes(name) ? said : undefined);
  }
});

test('a process with several files is there once, files without a result are told, and of much only the end is', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-output-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  mkdirSync(join(directory, 'output'));
  writeFileSync(join(directory, 'output/1'), `${'x'.repeat(3_000_000)}\nthe end\n`);
  const process = (output: string, files: readonly string[]): RanProcess => ({
    ran: { node: 0, runner: '0_0', startedAt: 0, with: files, output },
    took: 1500,
    files: files.slice(0, 1).map((file) => ({ file, verdict: 'pass', durationMs: 1 })),
  });
  await writeCombinedOutput([process('output/1', ['b', 'c']), process('output/2', ['a'])], directory);
  const lines = readFileSync(join(directory, 'output.log'), 'utf8').split('\n');
  expect(lines.slice(0, 4)).toEqual([
    '=== a: pass, 1.5 s on runner 0_0',
    '=== b: pass',
    '=== c: no result, 1.5 s on runner 0_0',
    '=== the last 1.0 MB of 3.0 MB: all of it is in output/1',
  ]);
  expect(lines[4]).toHaveLength(2 ** 20 - '\nthe end\n'.length);
  expect(lines.slice(5)).toEqual(['the end', '']);
});
