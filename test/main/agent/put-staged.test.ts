import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { shellFile } from '../../../main/providers/host/shell-file.ts';
import { folder } from '../remotes/fake-node.ts';

const shell = join(import.meta.dirname, '../../../main/agent');

/** Puts a file that was staged with these permissions in its place; `sha256` of its bytes unless told. */
async function put(mode: number, sha256 = createHash('sha256').update('bytes').digest('hex')) {
  const here = folder();
  const [staged, target] = [join(here, 'staged'), join(here, 'cache/file')];
  writeFileSync(staged, 'bytes');
  await execa('chmod', [mode.toString(8), staged]);
  const { ino } = statSync(staged);
  const values = { target, mode: '644', size: 5, sha256, unpack: '', staged };
  const { exitCode } = await execa('sh', ['-c', shellFile(shell, 'shell/put.sh', values)], { reject: false });
  const there = existsSync(target);
  return {
    ...{ exitCode, there, left: existsSync(staged) },
    moved: there && statSync(target).ino === ino,
    text: there ? readFileSync(target, 'utf8') : '',
  };
}

test('what is staged and nobody else may write is moved', async () =>
  expect(await put(0o755)).toEqual({ exitCode: 0, there: true, left: false, moved: true, text: 'bytes' }));

test.each([0o775, 0o757])('what others may write is copied before it is checked (%i)', async (mode) =>
  expect(await put(mode)).toEqual({ exitCode: 0, there: true, left: false, moved: false, text: 'bytes' }),
);

test('what is wrong comes to no place, moved or not', async () => {
  const wrong = '0'.repeat(64);
  for (const mode of [0o755, 0o777])
    expect(await put(mode, wrong)).toMatchObject({ there: false, left: false });
});
