import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { historyFile, readKnown } from '../../../../main/distribute/history/history-file.ts';
import { kinds, kindsOf } from '../../../../main/distribute/kinds/kinds.ts';
import { byFile } from '../../../../main/distribute/results/by-file.ts';
import { readJest, readMocha, readRspec } from '../../../../main/distribute/results/read-json.ts';
import { readNestedJunit } from '../../../../main/distribute/results/read-junit.ts';
import { writtenCommand } from '../../../../main/distribute/suite/test-command.ts';
import { place, verdicts } from '../place.ts';

/** As the frameworks themselves wrote it: Mocha 11, Jest 30, Vitest 5, Node 24. */
const report = (name: string) => readFileSync(join(import.meta.dirname, 'reports', name), 'utf8');

describe('a report', () => {
  test.each([
    ['jest.json', readJest, 't/j.test.js', 'outer '],
    ['vitest.json', readJest, 't/v.test.mjs', 'outer '],
    ['mocha.json', readMocha, 't/m.test.cjs', 'outer '],
    ['node-test.xml', readNestedJunit, 't/n.test.mjs', 'outer > '],
  ])('as %s has it: each test with its full name, in its file', (name, read, file, outer) => {
    const { tests, unplaced } = byFile(
      read(report(name)),
      [file, 't/m2.test.cjs', 't/n2.test.mjs'],
      '/project',
    );
    expect(unplaced).toEqual([]);
    expect(tests.get(file)).toMatchObject([
      { name: `${outer}passes`, verdict: 'pass' },
      { name: `${outer}fails`, verdict: 'fail', message: expect.stringContaining('no <good>') },
      { name: `${outer}later`, verdict: 'skip' },
      { name: `${outer}${outer.endsWith('> ') ? 'inner > deep' : 'inner deep'}`, verdict: 'pass' },
    ]);
  });

  test('in which tests and groups alternate, and text and CDATA', () =>
    expect(
      readNestedJunit(`<testsuites><testsuite name="A"><testcase name="one"/></testsuite><testcase name="two"/>
        <testsuite name="B"><testcase name="three"><failure>a &lt; <![CDATA[b & c]]> d</failure></testcase>
        </testsuite><!-- said --></testsuites>`).map(({ name, detail }) => [name, detail]),
    ).toEqual([
      ['two', undefined],
      ['A > one', undefined],
      ['B > three', 'a < \n d\nb & c'],
    ]));

  test('of RSpec', () => {
    const example = { file_path: './spec/a_spec.rb', run_time: 0.25 };
    const examples = [
      { ...example, full_description: 'A works', status: 'passed' },
      {
        ...example,
        id: './spec/b_spec.rb[1:2:1]',
        file_path: './spec/support/shared.rb',
        full_description: 'A waits',
        status: 'pending',
      },
      {
        ...example,
        full_description: 'A fails',
        status: 'failed',
        exception: { message: '\nno\nyes', backtrace: ['x:1'] },
      },
    ];
    expect(readRspec(JSON.stringify({ examples }))).toMatchObject([
      { name: 'A works', verdict: 'pass', durationMs: 250, places: ['./spec/a_spec.rb'] },
      { name: 'A waits', verdict: 'skip', places: ['./spec/b_spec.rb', './spec/support/shared.rb'] },
      { name: 'A fails', verdict: 'fail', message: 'no', detail: '\nno\nyes\nx:1' },
    ]);
  });

  test('of a file that cannot be loaded is a failure', () => {
    const broken = {
      name: '/p/a.test.js',
      status: 'failed',
      message: 'SyntaxError: x\n at',
      assertionResults: [],
    };
    expect(readJest(JSON.stringify({ testResults: [broken] }))).toMatchObject([
      { verdict: 'fail', message: 'SyntaxError: x', places: ['/p/a.test.js'] },
    ]);
  });

  test.each(['', '{', '[]', '{"testResults": 1}'])('%j is none', (text) =>
    expect(() => readJest(text)).toThrow(/the report of the tests is/),
  );
});

describe('a project', () => {
  const kindOf = (files: Readonly<Record<string, string>>) =>
    kindsOf({ files: Object.keys(files), read: (path) => files[path] ?? '' }).map(({ name }) => name);

  test.each([
    ['pytest', { 'pyproject.toml': '[tool.pytest.ini_options]\n' }],
    ['pytest', { 'tests/conftest.py': '' }],
    ['RSpec', { '.rspec': '', 'spec/a_spec.rb': '' }],
    ['Minitest', { 'test/test_helper.rb': '' }],
    ['Vitest', { 'package.json': '{ "devDependencies": { "vitest": "5" } }' }],
    ['Jest', { 'package.json': '{ "devDependencies": { "jest": "30" } }' }],
    ['Mocha', { 'package.json': '{ "devDependencies": { "mocha": "11" } }' }],
    ['node --test', { 'package.json': '{ "scripts": { "test": "node --import x --test" } }' }],
    ['PHPUnit', { 'phpunit.xml.dist': '' }],
    ['go test', { 'go.mod': '', 'sub/a_test.go': '' }],
    ['cargo nextest', { 'Cargo.toml': '', '.config/nextest.toml': '' }],
    ['prove', { 'Makefile.PL': '', 't/a.t': '' }],
  ])('of %s is recognised', (name, files) => expect(kindOf(files)).toEqual([name]));

  test('of none, or of several, is no kind', () => {
    expect(kindOf({ 'main.c': '' })).toEqual([]);
    expect(kindOf({ '.rspec': '', 'pytest.ini': '' })).toHaveLength(2);
  });

  test('every kind has a name of its own', () =>
    expect(new Set(kinds.map(({ name }) => name)).size).toBe(kinds.length));
});

describe('a command', () => {
  const made = (words: string | readonly string[], env = {}) =>
    writtenCommand(words, env).process(['a b'], '/r');

  test('of a known framework is made to leave a report', () => {
    expect(made(['python3', '-m', 'pytest', '-x', '{files}'], { PYTEST_ADDOPTS: '-q' }).env).toEqual({
      PYTEST_ADDOPTS: "-q -o junit_family=xunit1 --junitxml='/r'",
    });
    expect(made(['npx', 'vitest', 'run', '{files}']).argv).toEqual([
      'npx',
      'vitest',
      'run',
      '--reporter=default',
      '--reporter=json',
      '--outputFile.json=/r',
      'a b',
    ]);
    expect(made('cd x && jest {files} --ci').argv.at(-1)).toBe(
      "cd x && jest --json --outputFile=/r 'a b' --ci",
    );
  });

  test('of another program is left as it is, also where a framework’s name is not the program', () => {
    for (const words of ['jest --version; sh {files}', 'sh {files} vitest', 'run-pytests {files}']) {
      expect(writtenCommand(words)).toMatchObject({ reports: false });
    }
  });

  test('that leaves a report by itself is left as it is', () =>
    expect(made(['pytest', '--junitxml={report}', '{files}'])).toEqual({
      argv: ['pytest', '--junitxml=/r', 'a b'],
      env: {},
    }));
});

test('a project of a known kind needs no word: node --test', async () => {
  const { run, directory } = place({
    'package.json': '{ "type": "module", "scripts": { "test": "node --test" } }',
    'lib.js': 'export const seven = 7;',
    'test/a.test.js': `import { test } from 'node:test'; import { seven } from '../lib.js';
      test('is seven', (t) => t.assert.equal(seven, 7)); test('is eight', (t) => t.assert.equal(seven, 8));`,
    'test/b.test.js': `import { test } from 'node:test'; test('works', () => {});`,
    'test/c.test.js': 'import "nothing";',
  });
  const result = await run({ localRunners: 1 });
  expect(verdicts(result)).toEqual({
    'test/a.test.js': 'fail',
    'test/b.test.js': 'pass',
    'test/c.test.js': 'fail',
  });
  expect(
    readKnown(historyFile(directory)).startMs,
    'what a process takes beside its tests is remembered',
  ).toBeGreaterThan(0);
  expect(result.files[0]?.tests).toMatchObject([
    { name: 'is seven', verdict: 'pass' },
    { name: 'is eight', verdict: 'fail' },
  ]);
});
