import { symlinkSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { matchingPaths } from '../../../node-agent/collect/matching-paths.ts';
import { temporaryFolder, writeFiles } from '../temporary.ts';

test.each([
  ['log/*.log', 4],
  ['log/*', 9],
  ['log/?.log', 2],
  ['log/.*', 1],
  ['log/.h*.log', 1],
  ['log/a+b*', 1],
  ['log/x.y.*', 1],
  ['link/*.log', 4],
  ['log/a.log/*', 0],
  ['nowhere/*.log', 0],
  ['*/a.log', 1],
  ['log/**/c.log', 1],
  ['log/[ab].log', 2],
  ['log/{a,b}.log', 2],
])('%s matches what it matches for fs.glob', async (pattern, count) => {
  const folder = temporaryFolder();
  const names = [
    'a.log',
    'b.log',
    '.hidden.log',
    'a+b c',
    'x.y.z',
    'long name.log',
    'xlog',
    'two\nlines.log',
  ];
  writeFiles(folder, Object.fromEntries([...names, 'below/c.log'].map((name) => [`log/${name}`, ''])));
  symlinkSync(join(folder, 'log'), join(folder, 'link'));
  symlinkSync('nowhere', join(folder, 'log/broken'));
  const found = await matchingPaths(join(folder, pattern));
  expect(found).toHaveLength(count);
  const theirs: string[] = [];
  for await (const path of glob(join(folder, pattern))) theirs.push(path);
  expect(found).toEqual(theirs.sort());
});
