import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { renderCommand } from '../../../../main/commands/scenario/render.ts';
import { scenarioOf } from '../../config/scenario-folder.ts';
import { runCommand } from '../command-run.ts';

const nodes = "ssh(['10.0.0.5', '10.0.0.6'])";
const folder = (template = 'listen <{ node }>\n') =>
  scenarioOf(
    { nodes, main: "token: 'x'" },
    { 'node_files/app.conf.tmpl': template, 'node_files/blob': 'as it is' },
  );

test('prints what each node would get: the text of templates, the names of all else', async () => {
  const { code, stdout } = await runCommand(renderCommand, { cwd: folder().directory });
  expect(code).toBe(0);
  expect(stdout).toBe(`### node 0 node0 (10.0.0.5), in /srv/shakedown
--- app.conf  0644, 16 bytes, from app.conf.tmpl
listen 10.0.0.5
--- blob  0644, 8 bytes, as it is

### node 1 node1 (10.0.0.6), in /srv/shakedown
--- app.conf  0644, 16 bytes, from app.conf.tmpl
listen 10.0.0.6
--- blob  0644, 8 bytes, as it is

`);
});

test('--node shows one node, by its number or its name', async () => {
  const { directory } = folder();
  for (const node of [1, 'node1']) {
    const { stdout } = await runCommand(renderCommand, { cwd: directory, options: { node } });
    expect(stdout).toContain('listen 10.0.0.6');
    expect(stdout).not.toContain('10.0.0.5');
  }
  const wrong = runCommand(renderCommand, { cwd: directory, options: { node: 2 } });
  await expect(wrong).rejects.toThrow("There is no node '2'; there are: 0 (node0), 1 (node1).");
});

test('--out writes the files, and nothing over others', async () => {
  const { directory } = folder();
  const out = { cwd: directory, options: { out: 'out' } };
  await runCommand(renderCommand, out);
  expect(readFileSync(join(directory, 'out/1/app.conf'), 'utf8')).toBe('listen 10.0.0.6\n');
  expect(readdirSync(join(directory, 'out/0'))).toEqual(['app.conf', 'blob']);
  await expect(runCommand(renderCommand, out)).rejects.toThrow(/out\/0 is not empty/);
  const inFile = runCommand(renderCommand, { cwd: directory, options: { out: 'out/0/blob' } });
  await expect(inFile).rejects.toThrow(/blob\/0 cannot be a folder: there is a file on its path/);
});

test('a template with an undefined name is a usage error that tells file, line and column', async () => {
  const run = runCommand(renderCommand, { cwd: folder('\nx <{ main_config.tokn }>').directory });
  const error: unknown = await run.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect(error).toMatchObject({
    message: expect.stringContaining('node_files/app.conf.tmpl:2:3: main_config.tokn is undefined'),
  });
});
