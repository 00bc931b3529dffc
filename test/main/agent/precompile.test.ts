import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../node-agent/temporary.ts';

const script = join(import.meta.dirname, '../../../main/agent/precompile.cjs');
const bundle = `
const { basename } = require('node:path');
const later = () => 'é*/ ' + basename('/a/b') + process.argv.slice(2);
console.log(later());
`;

/** Of a Node without any options, as they run on nodes. */
function node(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { encoding: 'utf8', env: { PATH: process.env.PATH } });
}

/** As the main host has it done. */
function precompiled(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'bundle.cjs'), bundle);
  node('--random-seed=1', script, join(folder, 'bundle.cjs'), join(folder, 'compiled.cjs'));
  return join(folder, 'compiled.cjs');
}

test('a precompiled bundle runs as it would, and what it was compiled to is taken', () => {
  const file = precompiled();
  expect(readFileSync(precompiled())).toEqual(readFileSync(file));
  expect(node(file, 'x', 'y')).toBe('é*/ bx,y\n');
  const look = `
    const [, source, cachedData] = require('fs').readFileSync(process.argv[1], 'latin1').split('\\n//')
      .map((line) => Buffer.from(line, 'base64'));
    console.log(new (require('vm').Script)(source.toString(), { cachedData }).cachedDataRejected);`;
  expect(node('-e', look, file)).toBe('false\n');
  // Other options of V8 stand for another version.
  expect(node('--hash-seed=1', '-e', look, file)).toBe('true\n');
});

test('where what it was compiled to is not taken, it is compiled again', () => {
  const file = precompiled();
  expect(node('--hash-seed=1', file)).toBe('é*/ b\n');
  const [loader, source] = readFileSync(file, 'latin1').split('\n//');
  writeFileSync(file, [loader, source, 'bm9uZQ=='].join('\n//'));
  expect(node(file)).toBe('é*/ b\n');
});
