import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type RunningServer, startServer } from '../../../main/jobs/server/start-server.ts';
import { scenario, shakedown, start } from '../harness.ts';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'builds'));
chmodSync(folder, 0o711);
let server: RunningServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startServer({ folder, host: '127.0.0.1', port: 0, tell: () => undefined });
  env = { SHAKEDOWN_SERVER: server.url, SHAKEDOWN_TOKEN: server.firstToken ?? '' };
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** This project as it is here and now, as a repository of its own. */
async function aRepository(): Promise<string> {
  const place = join(folder, 'project');
  const left = ['.git', 'node_modules', 'dist', '.shakedown'].map((name) => `--exclude=./${name}`);
  mkdirSync(place);
  await execa('sh', ['-c', `tar -C "$0" -c ${left.join(' ')} . | tar -xC "$1"`, root, place]);
  const git = (words: readonly string[]) => execa('git', ['-C', place, ...words]);
  await git(['init', '--quiet']);
  await git(['add', '--all']);
  await git(['-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '--quiet', '-m', 'all']);
  return place;
}

const call = async (args: readonly string[], exitCode = 0) => {
  const done = await shakedown(scenario({}), args, env);
  expect(done.exitCode, done.all).toBe(exitCode);
  return done.stdout;
};

test('this project’s own recipe fetches it, sets it up, and tests a part of it', async () => {
  const worker = start(folder, ['worker', '--folder', join(folder, 'worker')], env);
  onTestFinished(async () => {
    worker.kill('SIGTERM');
    await worker;
  });
  const listed = await call(['recipes', 'add', 'this-project', join(root, 'examples/recipes/this-project')]);
  expect(listed).toMatch(/this-project +test +repository: string revision=HEAD part= project=unit/);
  const build = ['submit', 'build', 'this-project', 'test', '--param', `repository=${await aRepository()}`];
  const log = await call([...build, '--param', 'part=test/common/text/closest.test.ts', '--wait']);
  expect(log).toContain('$ npm ci');
  expect(log).toMatch(/Test Files .*1 passed/);
  const [job] = JSON.parse(await call(['jobs', 'list', '--type', 'build', '--json']));
  const out = join(folder, 'out');
  await call(['jobs', 'artifacts', job.id, '--out', out]);
  const xml = readFileSync(join(out, '1/files/junit.xml'), 'utf8');
  expect(xml).toMatch(/<testsuite name="test\/common\/text\/closest\.test\.ts".* failures="0"/);

  const wrong = await shakedown(scenario({}), [...build, '--param', 'project=none'], env);
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining("'project' is one of")]);
});

test('schedules are made, shown, run at once and taken away by commands', async () => {
  const when = ['--cron', '30 2 * * *', '--zone', 'Europe/Berlin', '--missed', 'once'];
  const made = await call(['schedules', 'add', 'nightly', ...when, 'run', '.', '--label', 'none']);
  expect(made).toMatch(
    /^nightly: 30 2 \* \* \* \(Europe\/Berlin\)(\n {2}\S+ 02:30 CES?T {2}\(\S+ 0[01]:30 UTC\)){5}$/,
  );
  expect(await call(['schedules', 'list'])).toMatch(
    /nightly +30 2 \* \* \* +Europe\/Berlin +2\S+ 02:30 CES?T +run shakedown-e2e-/,
  );
  await call(['schedules', 'pause', 'nightly']);
  expect(await call(['schedules', 'list'])).toContain('paused');
  await call(['schedules', 'resume', 'nightly']);
  const id = (await call(['schedules', 'run', 'nightly'])).trim();
  expect(await call(['jobs', 'show', id])).toMatch(
    /^run shakedown-e2e-\S+: queued\nwaits: no worker offers .*label 'none'/,
  );
  await call(['schedules', 'remove', 'nightly']);
  expect(await call(['schedules', 'list'])).not.toContain('nightly');
  const bad = await shakedown(
    scenario({}),
    ['schedules', 'add', 'x', '--cron', '0 25 * * *', 'run', '.'],
    env,
  );
  expect([bad.exitCode, bad.stderr]).toEqual([2, expect.stringContaining("field 2 (hour): '25'")]);
});
