import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { initCommand } from '../../../../main/commands/scenario/init.ts';
import { renderCommand } from '../../../../main/commands/scenario/render.ts';
import { loadScenario } from '../../../../main/config/load.ts';
import { runCommand } from '../command-run.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'shakedown-init-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

test('makes a scenario that loads and renders as it is, and says what comes next', async () => {
  const { code, stdout } = await runCommand(initCommand, { cwd, args: ['my cluster'] });
  expect(code).toBe(0);
  expect(stdout).toMatch(/cd my cluster\n.*shakedown render.*\n.*shakedown run/);

  const directory = join(cwd, 'my cluster');
  const scenario = await loadScenario(directory, {}, async () => ({ provider: 'nspawn' }));
  expect(scenario).toMatchObject({
    name: 'my cluster',
    machines: [{ name: 'node0' }, { name: 'node1' }, { name: 'node2' }],
    checkFiles: [join(directory, 'config/checks/web.check.ts')],
  });
  const rendered = await runCommand(renderCommand, { cwd: directory, options: { node: 1, nodes: 'a,b,c' } });
  expect(rendered.stdout).toContain('<h1>Hello from node 1</h1>');
  expect(rendered.stdout).toContain('<li><a href="http://c/">c</a></li>');
});

test('the current folder will do, if it is empty', async () => {
  const { stdout } = await runCommand(initCommand, { cwd, args: ['.'] });
  expect(stdout).not.toContain('cd ');
  expect(readdirSync(cwd)).toContain('config');
});

test('a folder with anything in it is left alone', async () => {
  mkdirSync(join(cwd, 'full'));
  writeFileSync(join(cwd, 'full/.hidden'), '');
  await expect(runCommand(initCommand, { cwd, args: ['full'] })).rejects.toThrow(
    /is not empty; nothing was changed/,
  );
  expect(readdirSync(join(cwd, 'full'))).toEqual(['.hidden']);
  await expect(runCommand(initCommand, { cwd, args: ['full/.hidden'] })).rejects.toThrow(/is no folder/);
});
