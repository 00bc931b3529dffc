import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { initCommand, initCommandOf } from '../../../../main/commands/scenario/init.ts';
import { type NewScenario, usualScenario } from '../../../../main/commands/scenario/new-scenario.ts';
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
  await expect(runCommand(initCommand, { cwd, args: ['full/.hidden'] })).rejects.toThrow(
    /there is a file on its path/,
  );
});

/** As on a terminal, with a person who answers so; gives what was printed. */
async function atTerminal(answer: NewScenario, args: readonly string[] = []) {
  let asked = 0;
  const ask = async () => {
    asked++;
    return answer;
  };
  const terminal = Object.assign(new PassThrough(), { isTTY: true });
  const { signal } = new AbortController();
  const streams = { stdin: terminal, stdout: terminal, stderr: terminal };
  await initCommandOf(ask)(
    args,
    { rest: [] },
    { ...streams, cwd, env: {}, signal, hurry: signal, cacheDir: cwd },
  );
  return { asked, printed: String(terminal.read()) };
}

test('without a folder, on a terminal, it is what the person answers: another package, another kind', async () => {
  const answer = { name: 'db', kind: 'nspawn', count: 2, package: 'redis-server' };
  const { asked, printed } = await atTerminal(answer);
  expect(asked).toBe(1);
  expect(printed).toMatch(/^A scenario of 2 nodes with redis-server is in db:\n/);
  const directory = join(cwd, 'db');
  const scenario = await loadScenario(directory, {}, () => Promise.reject(new Error('the kind is known')));
  expect(scenario).toMatchObject({
    name: 'db',
    provider: 'nspawn',
    machines: [{ name: 'node0' }, { name: 'node1' }],
    checkFiles: [join(directory, 'config/checks/package.check.ts')],
  });
  const rendered = await runCommand(renderCommand, { cwd: directory });
  expect(rendered.stdout).toContain('Hello from node 1');
});

test.each(['machines', 'nspawn', 'docker', 'qemu'])('a config of %s loads', async (kind) => {
  await atTerminal({ name: 'any', kind, count: 1, package: 'nginx-light' });
  const scenario = await loadScenario(join(cwd, 'any'), {}, async () => ({ provider: 'nspawn' }));
  expect(scenario).toMatchObject({ name: 'any', provider: kind === 'machines' ? 'nspawn' : kind });
  expect(scenario.machines).toHaveLength(1);
});

test('with a folder nobody is asked, nor where there is no terminal', async () => {
  expect((await atTerminal(usualScenario, ['named'])).asked).toBe(0);
  const { stdout } = await runCommand(initCommand, { cwd });
  expect(stdout).toMatch(/^A scenario of 3 nodes with nginx-light is in my-cluster:\n/);
});
