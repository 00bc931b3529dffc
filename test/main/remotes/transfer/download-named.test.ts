import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Remote } from '../../../../main/remotes/remote.ts';
import { downloadNamed } from '../../../../main/remotes/transfer/download-named.ts';
import { downloadTree } from '../../../../main/remotes/transfer/download-tree.ts';
import { folder, node } from '../fake-node.ts';

const asRoot = { base: '/', root: true };

test('many links to one folder, and into it, bring it under each of their names', async () => {
  const remote = await (await node()).connect();
  const [there, back] = [folder(), folder()];
  mkdirSync(join(there, 'real/deep'), { recursive: true });
  writeFileSync(join(there, 'real/deep/file'), 'text');
  for (const name of ['a', 'b', "odd 'name\n"]) symlinkSync(join(there, 'real'), join(there, name));
  symlinkSync(join(there, 'real/deep'), join(there, 'into'));
  const paths = ['a', 'b', "odd 'name\n", 'into'].map((name) => join(there, name));
  const { problems, followed } = await downloadNamed(remote, paths, back, { ...asRoot, base: there });
  expect(problems).toEqual([]);
  expect([...followed.values()]).toEqual([...Array(3).fill(join(there, 'real')), join(there, 'real/deep')]);
  for (const file of ['a/deep/file', 'b/deep/file', "odd 'name\n/deep/file", 'into/file'])
    expect(readFileSync(join(back, file), 'utf8')).toBe('text');
  expect(readdirSync(back).toSorted()).toEqual(['a', 'b', 'into', "odd 'name\n"]);
});

test('a node that lies about where its links lead moves nothing of the main host', async () => {
  const remote = await (await node()).connect();
  const [there, back, outside] = [folder(), folder(), folder()];
  writeFileSync(join(outside, 'precious'), 'ours');
  symlinkSync(outside, join(there, 'way'));
  execFileSync('tar', ['-cf', 'way.tar', 'way'], { cwd: there });
  const lies = async (said: readonly string[]) => {
    const lying: Pick<Remote, 'exec' | 'download'> = {
      exec: async (command, options) =>
        Array.isArray(command)
          ? { ...(await remote.exec('true')), stdout: said.map((field) => `${field}\0`).join('') }
          : remote.exec(`cat ${there}/way.tar`, options ?? {}),
      download: (paths, directory, options = {}) => downloadTree(lying, paths, directory, options),
    };
    await downloadNamed(lying, ['/a', '/way/b'], back, asRoot);
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('ours');
    expect(readdirSync(outside)).toEqual(['precious']);
  };
  await lies(['/a', 'x', '/way/precious']);
  await lies(['/a', 'x', `/../../../../../../..${outside}/precious`]);
  await lies(['/a', 'x', '/way', '/way/b', 'x', '/way']);
  await lies(['/way', 'x', '/way', '/../../evil', 'x', '/way']);
});
