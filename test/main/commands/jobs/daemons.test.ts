import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isAlive, processIdentity } from '../../../../common/processes/process-identity.ts';
import { JobsApi } from '../../../../main/jobs/client/jobs-api.ts';
import { RecipesApi } from '../../../../main/jobs/client/recipes-api.ts';
import { dataFolder } from '../../jobs/fixtures/three-databases.ts';

const program = join(import.meta.dirname, '../../../../bin/shakedown.mjs');
const data = dataFolder();
const state = mkdtempSync(join(tmpdir(), 'daemons'));
let env: Record<string, string> = { XDG_STATE_HOME: state, NO_COLOR: '1' };

const call = (...args: string[]) =>
  execa(process.execPath, [program, ...args], { env, reject: false, all: true, cwd: state });
const server = (action: string, ...more: string[]) =>
  call('server', action, '--data', data, '--port', '0', ...more);
const worker = (action: string, ...more: string[]) =>
  call('worker', action, '--folder', join(state, 'jobs'), ...more);

/** Who a daemon is: the only file of this kind below the state whose path holds `name`. */
const fileOf = (name: string) => join(state, 'shakedown/daemons', name, 'process.json');
const nameOf = (text: string) => /shakedown-server\S*/.exec(text)?.[0] ?? '';

let url = '';
let name = '';
beforeAll(async () => {
  const started = await server('start');
  expect(started.exitCode, started.all).toBe(0);
  url = started.stdout;
  name = nameOf(started.all);
  const [, token = ''] = /told this once: (\S+)/.exec(started.stderr) ?? [];
  env = { ...env, SHAKEDOWN_SERVER: url, SHAKEDOWN_TOKEN: token };
});
afterAll(async () => {
  await worker('stop');
  await server('stop');
  rmSync(state, { recursive: true, force: true });
});

describe('a server that goes on by itself', () => {
  test('is ready when its start is over, and is there once', async () => {
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const again = await server('start');
    expect([again.exitCode, again.stderr]).toEqual([
      2,
      expect.stringContaining(`${name} runs already (process `),
    ]);
    expect(again.stderr).toContain(url);
    expect(await server('status')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining(`: ${url}; log: `),
    });
  });

  test('tells its first token to who started it alone', () => {
    const folder = join(state, 'shakedown/daemons', name);
    for (const file of ['log', 'ready.json']) {
      expect(readFileSync(join(folder, file), 'utf8')).not.toContain(env.SHAKEDOWN_TOKEN);
    }
  });

  test('that is killed is told, and is started again', async () => {
    const { pid } = JSON.parse(readFileSync(fileOf(name), 'utf8'));
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await server('status')).exitCode).toBe(3);
    const started = await server('start');
    expect(started.exitCode, started.all).toBe(0);
    expect(started.stderr).not.toContain('told this once');
    url = started.stdout;
    env = { ...env, SHAKEDOWN_SERVER: url };
  });

  test('that cannot be started says why, and leaves nothing running', async () => {
    const elsewhere = ['--data', join(program, 'no-folder')];
    const failed = await call('server', 'start', ...elsewhere);
    expect([failed.exitCode, failed.stderr]).toEqual([
      3,
      expect.stringMatching(/ended right away\n(.*\n)*.*ENOTDIR/),
    ]);
    expect((await call('server', 'status', ...elsewhere)).exitCode).toBe(3);
  });
});

describe('a worker that goes on by itself', () => {
  test('ends its current job before it stops', async () => {
    const who = { server: url, token: env.SHAKEDOWN_TOKEN ?? '' };
    const [jobs, recipes] = [new JobsApi(who), new RecipesApi(who)];
    const script = join(state, 'unit.sh');
    const flag = join(state, 'goes-on');
    writeFileSync(script, `#!/bin/sh\necho begun; while [ ! -e ${flag} ]; do sleep 0.1; done; echo over\n`);
    await recipes.put('slow', script, 'unit.sh');
    const started = await worker('start');
    expect(started.exitCode, started.all).toBe(0);
    expect(await worker('status')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('registered at'),
    });
    const job = await jobs.submit({ type: 'build', recipe: 'slow', task: 'unit' });
    const log = async () => (await jobs.log(job, 0, 0)).bytes.toString();
    await expect.poll(log).toContain('begun');
    const stopping = worker('stop');
    await expect
      .poll(async () => readFileSync(join(state, 'shakedown/daemons/shakedown-worker/log'), 'utf8'))
      .toContain('ends');
    expect((await jobs.job(job)).state).toBe('running');
    writeFileSync(flag, '');
    expect((await stopping).exitCode).toBe(0);
    expect(await jobs.job(job)).toMatchObject({ state: 'done', verdict: 'pass' });
    expect((await worker('status')).exitCode).toBe(3);
  });

  test('is not another process that has its number by now', async () => {
    const ours = processIdentity();
    writeFileSync(fileOf('shakedown-worker'), JSON.stringify({ ...ours, startTime: '1' }));
    expect((await worker('status')).exitCode).toBe(3);
    expect((await worker('stop')).stderr).toContain('did not run');
    expect(isAlive(ours)).toBe(true);
  });

  test('whose token is wrong says so', async () => {
    env = { ...env, SHAKEDOWN_TOKEN: 'sd_wrong' };
    const failed = await worker('start');
    expect([failed.exitCode, failed.stderr]).toEqual([
      3,
      expect.stringContaining('send a token that is valid'),
    ]);
  });

  test('that waits for its server says so, and goes on where its start is interrupted', async () => {
    const before = env;
    env = { ...env, SHAKEDOWN_SERVER: 'http://127.0.0.1:9' };
    const starting = worker('start', '--name', 'early');
    let said = '';
    starting.stderr?.on('data', (chunk) => (said += chunk));
    await expect.poll(() => said).toMatch(/shakedown-worker-early is not ready yet; this waits .*; log: /);
    starting.kill('SIGINT');
    expect((await starting).exitCode).toBe(130);
    expect((await worker('status', '--name', 'early')).exitCode).toBe(0);
    expect((await worker('stop', '--name', 'early')).exitCode).toBe(0);
    env = before;
  });

  test('has a name fit for a unit', async () => {
    const failed = await worker('start', '--name', 'a/b');
    expect([failed.exitCode, failed.stderr]).toEqual([2, expect.stringContaining("cannot be called 'a/b'")]);
  });
});
