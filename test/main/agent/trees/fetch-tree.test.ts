import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../node-agent/temporary.ts';
import { startHere } from '../agent-here.ts';

test('a folder that is a link has what comes where it leads, and stays a link', async () => {
  const { agent, work } = await startHere();
  writeFileSync(join(work, 'came'), 'from the node');
  const here = temporaryFolder();
  // /dev/shm is a file system of its own wherever tests run: nothing can be renamed to it from here.
  const elsewhere = temporaryFolder('/dev/shm');
  mkdirSync(join(elsewhere, 'evidence'));
  writeFileSync(join(elsewhere, 'evidence/earlier'), 'stays');
  symlinkSync(join(elsewhere, 'evidence'), join(here, 'link'));
  const fetched = await agent.download([join(work, 'came')], join(here, 'link'), { base: work });
  expect(fetched).toMatchObject({ files: 1, problems: [] });
  expect(lstatSync(join(here, 'link')).isSymbolicLink()).toBe(true);
  expect(readFileSync(join(elsewhere, 'evidence/came'), 'utf8')).toBe('from the node');
  expect(readdirSync(join(elsewhere, 'evidence')).sort()).toEqual(['came', 'earlier']);
  expect([readdirSync(here), readdirSync(elsewhere)]).toEqual([['link'], ['evidence']]);
});
