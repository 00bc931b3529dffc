import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planCollection } from '../../../node-agent/collect/plan.ts';
import { temporaryFolder, writeFiles } from '../temporary.ts';

const plan = (workingDir: string, globs: readonly string[]) =>
  planCollection({ workingDir, globs, maxFileSize: 1000 });

test('with a link that is named, also by a glob, comes what it leads to', async () => {
  const [work, away] = [temporaryFolder(), temporaryFolder()];
  writeFiles(away, { 'logs/app.log': 'a', 'data/one': 'b', 'named/other': '' });
  symlinkSync('../logs/app.log', join(away, 'data/current'));
  symlinkSync(join(away, 'data/current'), join(away, 'named/link'));
  const { paths, problems } = await plan(work, [join(away, 'named/l*')]);
  expect(paths).toEqual([work, join(away, 'named/link'), join(away, 'logs/app.log')]);
  expect(problems).toEqual([]);
});

test('a link that leads nowhere, or in a circle, comes as it is and is told; what matches nothing is told apart', async () => {
  const [work, away] = [temporaryFolder(), temporaryFolder()];
  symlinkSync('/no/such/place', join(away, 'broken'));
  symlinkSync('round', join(away, 'round'));
  const { paths, unmatched, problems } = await plan(work, [
    join(away, 'broken'),
    join(away, 'round'),
    join(away, 'none*'),
    join(away, 'none'),
  ]);
  expect(paths).toEqual([work, join(away, 'broken'), join(away, 'round')]);
  expect(problems).toEqual([
    expect.stringMatching(/broken: a link to \/no\/such\/place, which cannot be had: .*ENOENT/),
    expect.stringMatching(/round: a link to round, which cannot be had: .*ELOOP/),
  ]);
  expect(unmatched).toEqual([join(away, 'none*'), join(away, 'none')]);
});
