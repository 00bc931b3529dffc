import { execFileSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentLoader } from '../../../main/agent/agent-loader.ts';
import { temporaryFolder } from '../../node-agent/temporary.ts';

const script = join(import.meta.dirname, '../../../main/agent/precompile.cjs');
const bundle = `
const { basename } = require('node:path');
const later = () => 'é*/𝄞 ' + basename('/a/b') + process.argv.slice(2);
console.log(later());
`;

/** Of a Node without any options, as they run on nodes. */
function node(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { encoding: 'utf8', env: { PATH: process.env.PATH } });
}

/** As the main host has it done: what Node runs, and the pack that lies beside it. */
function precompiled(): { readonly file: string; readonly pack: string } {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'bundle.cjs'), bundle);
  const [file, pack] = [join(folder, 'agent.cjs'), join(folder, 'agent.pack')];
  node('--random-seed=1', script, join(folder, 'bundle.cjs'), pack);
  writeFileSync(file, agentLoader);
  return { file, pack };
}

test('a precompiled bundle runs as it would, and what it was compiled to is taken', () => {
  const { file, pack } = precompiled();
  expect(readFileSync(precompiled().pack)).toEqual(readFileSync(pack));
  expect(node(file, 'x', 'y')).toBe('é*/𝄞 bx,y\n');
  const look = `
    const pack = require('fs').readFileSync(process.argv[1]), end = 4 + pack.readUInt32LE(0);
    const cachedData = pack.subarray(end);
    console.log(new (require('vm').Script)(pack.latin1Slice(4, end), { cachedData }).cachedDataRejected);`;
  expect(node('-e', look, pack)).toBe('false\n');
  // Other options of V8 stand for another version.
  expect(node('--hash-seed=1', '-e', look, pack)).toBe('true\n');
});

test('where what it was compiled to is not taken, it is compiled again', () => {
  const { file, pack } = precompiled();
  expect(node('--hash-seed=1', file)).toBe('é*/𝄞 b\n');
  truncateSync(pack, 4 + readFileSync(pack).readUInt32LE(0));
  expect(node(file)).toBe('é*/𝄞 b\n');
});

test('the loader is one line, as the shell that starts the agent compares it', () => {
  expect(agentLoader).not.toContain('\n');
});
