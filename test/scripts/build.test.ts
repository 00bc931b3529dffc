import { globSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

test('the package has all that the sources have, each shell script included, and runs by itself', {
  timeout: 180_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'package-'));
  const dist = join(folder, 'dist');
  // What is wrong with types is told elsewhere, and finding it takes longest.
  const build = [join(root, 'scripts/build.mjs'), dist, '--noCheck'];
  await execa('node', build, { cwd: root, preferLocal: true });

  const scripts = globSync('{main,common}/**/*.sh', { cwd: root }).sort();
  expect(globSync('**/*.sh', { cwd: dist }).sort()).toEqual(scripts);
  for (const script of scripts) {
    expect(readFileSync(join(dist, script), 'utf8')).toBe(readFileSync(join(root, script), 'utf8'));
  }
  const modules = globSync('{main,common}/**/*.ts', { cwd: root }).map((file) => file.replace(/ts$/, 'js'));
  expect(globSync('{main,common}/**/*.js', { cwd: dist }).sort()).toEqual(modules.sort());

  // Without the sources beside it, as npm installs it.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), readFileSync(join(root, 'package.json')));
  const { stdout } = await execa('node', [join(dist, 'main/cli.js'), '--version'], { preferLocal: true });
  expect(stdout).toContain('shakedown');
  expect(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).files).toContain('dist');
});
