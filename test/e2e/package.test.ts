import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, type Options } from 'execa';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { installPackage } from '../../scripts/build/install.ts';
import { mainConfig, readLatest, scenario, write } from './harness.ts';

/*
 * The package as npm installs it into an empty folder: its bundle, and of npm packages
 * those that its package.json names.
 */
const folder = mkdtempSync(join(tmpdir(), 'package-'));
let program: string;

beforeAll(async () => {
  program = await installPackage(join(import.meta.dirname, '../..'), folder);
  return () => rmSync(folder, { recursive: true, force: true });
});

const start = (cwd: string, args: readonly string[], more: Options = {}) =>
  execa(process.execPath, [program, ...args], {
    ...{ cwd, reject: false, all: true, stdin: 'ignore', timeout: 500_000 },
    ...more,
    env: { NO_COLOR: '1', ...more.env },
  });

async function passes(
  cwd: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { exitCode, all, stdout } = await start(cwd, args, { env });
  expect(exitCode, String(all)).toBe(0);
  return String(stdout);
}

/** Runs it until the test is over; gives all that it has said so far. */
function background(cwd: string, args: readonly string[], env: Record<string, string> = {}): () => string {
  const running = start(cwd, args, { env });
  let said = '';
  running.all?.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  onTestFinished(async () => {
    running.kill('SIGTERM');
    await running;
  });
  return () => said;
}

test('runs a scenario, whose check files have its cluster', async () => {
  const directory = scenario({
    'config/checks/loop.test.ts': `import { expect, test } from 'shakedown/check';
      import { nspawn } from 'shakedown';
      test('it runs', async ({ cluster }) => {
        expect(nspawn({ count: 1 })).toBeDefined();
        expect((await cluster.node(0).service('loop').status()).state).toBe('ready');
      });`,
    'config/main.config.ts': mainConfig("nodes: nspawn({ count: 1 }), checks: ['config/checks/*.test.ts']"),
  });
  const config = await passes(directory, ['config']);
  expect(config).toMatch(/nodes\.provider +nspawn +config\/main\.config\.ts/);
  await passes(directory, ['run']);
  expect(JSON.parse(readLatest(directory, 'run.json'))).toMatchObject({ verdict: 'pass' });
  expect(readLatest(directory, 'junit.xml')).toContain('it runs');
  expect(readLatest(directory, 'report.html')).toContain('it runs');
  expect(await passes(directory, ['runs', 'list'])).toContain('pass');
});

test('says where a config is wrong', async () => {
  const directory = scenario({ 'config/main.config.ts': mainConfig('nodes: nspawn({ cuont: 1 })') });
  const { exitCode, stderr } = await start(directory, ['run']);
  expect([exitCode, stderr]).toEqual([
    2,
    expect.stringMatching(/main\.config\.ts: nodes\.options\.cuont: unknown key/),
  ]);
  write(directory, 'config/main.config.ts', "import 'shakedown';\n\nthrow new Error('not today');\n");
  expect((await start(directory, ['run'])).stderr).toMatch(/config\/main\.config\.ts:3:7.*not today/s);
});

test('distributes test files over its own runners, by the loader of their framework', async () => {
  const directory = scenario({
    'tests/test_a.py': 'def test_a():\n    assert True\n',
    'tests/test_b.py': 'def test_b():\n    assert True\n',
  });
  const words = ['distribute', '--json', '--local-runners', '2', 'tests/*.py'];
  const command = ['/usr/bin/python3', '-m', 'pytest', '-q', '{files}'];
  const result = JSON.parse(await passes(directory, [...words, '--', ...command]));
  expect(result).toMatchObject({ verdict: 'pass', files: [{ verdict: 'pass' }, { verdict: 'pass' }] });
  expect(result.files[0]).toMatchObject({ tests: [{ name: 'test_a', verdict: 'pass' }] });
});

test('runs a script on a machine of its own', async () => {
  const directory = scenario({ 'who.sh': 'echo "this is $(hostname)"\n' });
  expect(await passes(directory, ['script', 'who.sh', '--provider', 'nspawn'])).toContain('this is n');
});

test('serves jobs and their pages, and does them', async () => {
  const directory = scenario({
    'recipe/recipe.ts':
      "import { nspawn } from 'shakedown';\nexport const hello = () => console.log('hello', typeof nspawn);\n",
  });
  // PostgreSQL runs by an account of its own.
  chmodSync(directory, 0o711);
  const said = background(directory, ['server', '--data', join(directory, 'data'), '--port', '0']);
  await expect.poll(said, { timeout: 120_000 }).toMatch(/PostgreSQL|trial database/);
  await expect.poll(said).toMatch(/http:/);
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(said()) ?? [];
  const [token = ''] = /sd_[\w-]+/.exec(said()) ?? [];
  const env = { SHAKEDOWN_SERVER: url, SHAKEDOWN_TOKEN: token };
  background(directory, ['worker', '--folder', join(directory, 'worker')], env);
  await passes(directory, ['recipes', 'add', 'greeting', 'recipe'], env);
  expect(await passes(directory, ['submit', 'build', 'greeting', 'hello', '--wait'], env)).toContain(
    'hello function',
  );
  const login = await (await fetch(`${url}/login`)).text();
  const assets = [...login.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path]) => path);
  expect(assets.length).toBeGreaterThan(2);
  for (const path of assets) expect((await fetch(`${url}${path}`)).status, path).toBe(200);
});

test('is a library, whose scripts and clusters are those of the program', async () => {
  const directory = scenario({});
  write(
    folder,
    'embedded.mjs',
    `import { openCluster } from 'shakedown';
    await using cluster = await openCluster('.');
    console.log(await cluster.node(0).sh('echo from the node'));`,
  );
  const { stdout } = await execa(process.execPath, [join(folder, 'embedded.mjs')], { cwd: directory });
  expect(stdout).toContain('from the node');
});
