import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { architectureOf, versions } from '../../../main/agent/runtime.ts';

test('what is fetched is what package.json has, for each architecture', () => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const { optionalDependencies } = JSON.parse(text);
  for (const [architecture, version] of Object.entries(versions)) {
    expect(optionalDependencies[`node-linux-${architecture}`]).toBe(version);
  }
});

test('processors are told by what uname says', () => {
  expect(['x86_64', 'amd64', 'aarch64', 'arm64'].map(architectureOf)).toEqual([
    'x64',
    'x64',
    'arm64',
    'arm64',
  ]);
  expect(() => architectureOf('riscv64')).toThrow("a 'riscv64' processor, for which there is no agent");
});
