import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { DistributeConfig } from '../../../../main/distribute/config/distribute-config.ts';
import type { DistributeWords } from '../../../../main/distribute/config/distribute-words.ts';
import { planDistribution } from '../../../../main/distribute/config/plan-distribution.ts';
import { readDistributeConfig } from '../../../../main/distribute/config/read-distribute-config.ts';
import { withRun } from '../../../../main/distribute/history/history.ts';
import { slowestFirst } from '../../../../main/distribute/history/order.ts';
import { writtenCommand } from '../../../../main/distribute/suite/test-command.ts';

function project(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-plan-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

const tests = { 'test/a.sh': '', 'test/deep/b.sh': 'longer', 'lib.sh': '' };

function plan(config: DistributeConfig, words: Partial<DistributeWords> = {}, directory = project(tests)) {
  const none = { files: [], command: undefined, include: [], ignore: [], env: {}, rebuild: false };
  return planDistribution(directory, config, { ...none, ...words }, async () => ({ provider: 'nspawn' }));
}

const config = (text: string) => `import { defineDistribution, nspawn } from 'shakedown';
export default defineDistribution(${text});`;

describe('the config', () => {
  test('of the project counts before that of the host, hook by hook', async () => {
    const directory = project({
      'host.ts': config(`{ runners: 4, nodes: ['db1'], env: { A: '1', B: '1' },
        hooks: { node_setup: 'global', runner_setup: 'global' } }`),
      'distribute.config.ts': config(
        `{ machines: nspawn({ count: 2 }), env: { B: '2' }, hooks: { node_setup: 'own' } }`,
      ),
    });
    expect(await readDistributeConfig(directory, join(directory, 'host.ts'))).toEqual({
      runners: 4,
      machines: { provider: 'nspawn', options: { count: 2 } },
      env: { A: '1', B: '2' },
      hooks: { node_setup: 'own', runner_setup: 'global' },
    });
  });

  test('is not needed', async () => expect(await readDistributeConfig(project({}), '/nowhere')).toEqual({}));

  test('tells all its mistakes by their places', async () => {
    const directory = project({
      'distribute.config.ts': config(
        `{ runner: 4, localRunners: -1, hooks: { nodesetup: 'x' }, limits: { file: 'long' } }`,
      ),
    });
    const mistakes = await readDistributeConfig(directory, '/nowhere').catch((error: Error) => error.message);
    expect(String(mistakes).split('\n').sort()).toEqual([
      "distribute.config.ts: hooks.nodesetup: unknown key; did you mean 'node_setup'?",
      'distribute.config.ts: limits.file: found the string "long", expected seconds',
      'distribute.config.ts: localRunners: found -1, expected 0 or more',
      "distribute.config.ts: runner: unknown key; did you mean 'runners'?",
    ]);
  });

  test('that cannot be read is told with its line', async () => {
    const directory = project({ 'distribute.config.ts': 'export default {\n  files: nothing,\n};' });
    await expect(readDistributeConfig(directory, '/nowhere')).rejects.toThrow(
      'distribute.config.ts:2: nothing is not defined',
    );
  });
});

describe('a distribution', () => {
  const sh = { files: 'test/**/*.sh', command: 'sh {file}', localRunners: 1 };

  test('has the files that its globs name; folders and single files too', async () => {
    const paths = async (...files: string[]) =>
      (await plan(sh, { files })).files.map(({ path }) => path).sort();
    expect(await paths()).toEqual(['test/a.sh', 'test/deep/b.sh']);
    expect(await paths('test/deep/')).toEqual(['test/deep/b.sh']);
    expect(await paths('./lib.sh', 'test/*.sh')).toEqual(['lib.sh', 'test/a.sh']);
  });

  test('has nodes with runners of their own; what the command line says counts for all', async () => {
    const nodes = ['plain', { address: 'db[1-2]', user: 'deploy', runners: 7 }];
    const { machines } = await plan({ ...sh, nodes, runners: 3 });
    expect(machines?.machines.map(({ name }) => name)).toEqual(['plain', 'db1', 'db2']);
    expect(machines?.runners).toEqual([3, 7, 7]);
    expect((await plan({ ...sh, nodes }, { runners: 2 })).machines?.runners).toEqual([2, 2, 2]);
    expect((await plan({ ...sh, nodes }, { nodes: 'other' })).machines?.runners).toEqual([undefined]);
  });

  test('takes whichever kind of machine works here where that is left open', async () =>
    expect((await plan(sh, { provider: 'nspawn', count: '2' })).machines).toMatchObject({
      provider: 'nspawn',
      machines: [{ id: 0 }, { id: 1 }],
    }));

  test('makes one machine unless more are asked for', async () =>
    expect((await plan(sh, { provider: 'nspawn' })).machines?.machines).toHaveLength(1));

  test.each([
    [{ ...sh, files: 'spec/*.rb' }, {}, "No file of the project matches 'spec/*.rb'."],
    [{ ...sh, command: 'make test' }, {}, 'The command names no test files: make test'],
    [{ files: 'test/*.sh', localRunners: 1 }, {}, 'Which command runs the test files?'],
    [{ command: 'sh {file}', localRunners: 1 }, {}, 'Which test files?'],
    [{ ...sh, localRunners: 0 }, {}, 'There is nothing to run the tests on.'],
    [sh, { count: 'many' }, "--count: found 'many', expected a whole number, 1 or more"],
    [sh, { provider: 'nspwan' }, "--provider: found 'nspwan'; did you mean 'nspawn'?"],
    [{ ...sh, nodes: ['a', 'a'] }, {}, 'a is there twice'],
  ])('with a mistake in it is told before there is a machine: %j %j', async (given, words, message) => {
    await expect(plan(given, words)).rejects.toThrow(message);
  });
});

describe('a command', () => {
  const argv = (words: string | readonly string[], files: readonly string[]) =>
    writtenCommand(words).process(files, '/r.xml').argv;

  test('in words gets each file as a word of its own', () => {
    expect(argv(['rspec', '{files}', '-o', 'out={report}'], ['a b', 'c'])).toEqual([
      ...['rspec', 'a b', 'c', '-o', 'out=/r.xml'],
    ]);
  });

  test('for sh gets them quoted', () =>
    expect(argv('cd lib && sh {files}', ["it's", 'b'])).toEqual([
      '/bin/sh',
      '-c',
      "cd lib && sh 'it'\\''s' b",
    ]));

  test('for one file at a time is given one', () => {
    expect(writtenCommand('sh {file}')).toMatchObject({ batches: false, reports: false, program: 'sh' });
    expect(writtenCommand(['x', '{files}', '{report}'])).toMatchObject({ batches: true, reports: true });
  });

  test('whose program only a shell knows is not looked for', () => {
    expect(
      ['FOO=1 x {file}', '"a b" {file}', '$X {file}'].map((text) => writtenCommand(text).program),
    ).toEqual([undefined, undefined, undefined]);
  });
});

describe('the order', () => {
  const history = { slow: { ms: 900, runs: 3, failed: false }, quick: { ms: 10, runs: 3, failed: false } };

  const ran = { node: 0, runner: '0_0', startedAt: 0, with: ['slow'], output: '' };

  test('is slowest first by history; a new file is placed by its size', () => {
    const files = [
      { path: 'quick', bytes: 100 },
      { path: 'slow', bytes: 100 },
      { path: 'new', bytes: 50 },
    ];
    expect(slowestFirst(files, history)).toEqual([
      { path: 'slow', expectedMs: 900, recordedMs: 900 },
      { path: 'new', expectedMs: expect.closeTo(227.5) },
      { path: 'quick', expectedMs: 10, recordedMs: 10 },
    ]);
  });

  test('is by size where nothing is known', () =>
    expect(
      slowestFirst(
        [
          { path: 'a', bytes: 1 },
          { path: 'b', bytes: 2 },
        ],
        {},
      ),
    ).toEqual([
      { path: 'b', expectedMs: undefined },
      { path: 'a', expectedMs: undefined },
    ]));

  test('later runs count for more', () =>
    expect(
      withRun(history, [{ file: 'slow', verdict: 'fail', durationMs: 400, tests: [], ran }], 9000).slow,
    ).toEqual({
      ms: 700,
      runs: 4,
      failed: true,
      at: 9000,
    }));
});
