import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cargoNextest } from '../../../main/distribute/kinds/cargo-nextest.ts';
import { goTest } from '../../../main/distribute/kinds/go-test.ts';
import { byFile } from '../../../main/distribute/results/by-file.ts';
import { readProve } from '../../../main/distribute/results/read-prove.ts';
import { writtenCommand } from '../../../main/distribute/suite/test-command.ts';
import { place, testsOf, verdicts } from './place.ts';

/** As Perl 5.36 and Go 1.19 wrote it, and as nextest's documentation has it. */
const report = (name: string) => readFileSync(join(import.meta.dirname, 'reports', name), 'utf8');

const project = (files: Readonly<Record<string, string>>) => ({
  files: Object.keys(files),
  read: (path: string) => files[path] ?? '',
});

describe('go test', () => {
  const go = project({
    'go.mod': 'module example.com/calc\n\ngo 1.19\n',
    'tools/go.mod': 'module x.org/tools\n',
  });

  test('hands out packages by their folders, of which it names the packages', () => {
    const files = ['a_test.go', 'a.go', 'sub/deep/b_test.go', 'sub/deep/c_test.go'];
    expect(goTest.units?.(files)).toEqual(['.', 'sub/deep']);
    const { argv } = writtenCommand(['go', 'test', '-race', '{files}'], {}, go).process(
      ['.', 'sub/deep'],
      '/r',
    );
    expect(argv.slice(3)).toEqual(['/r', 'go', 'test', '-race', '-json', '.', './sub/deep']);
  });

  test('tells each test and subtest, and a package without one that failed', async () => {
    const { tests, unplaced } = byFile(
      (await goTest.read?.(report('go-test.ndjson'), go)) ?? [],
      ['.', 'sub/deep', 'broken', 'crash'],
      '/p',
    );
    expect(unplaced).toEqual([]);
    expect(tests.get('.')).toMatchObject([
      { name: 'TestAdd', verdict: 'pass' },
      { name: 'TestTable', verdict: 'fail', durationMs: 0 },
      { name: 'TestTable/good', verdict: 'pass', durationMs: 60 },
      { name: 'TestTable/bad_<one>', verdict: 'fail', message: 'a_test.go:6: got\t3, "want" 4 & \\n' },
      { name: 'TestSkip', verdict: 'skip' },
    ]);
    expect(tests.get('sub/deep')).toMatchObject([{ name: 'TestDeep', verdict: 'pass' }]);
    expect(tests.get('broken')).toMatchObject([
      { name: '(package)', verdict: 'fail', message: expect.stringContaining('[build failed]') },
    ]);
    expect(tests.get('crash')).toMatchObject([{ verdict: 'pass' }, { name: 'TestExit', verdict: 'fail' }]);
  });

  test('knows the folders of packages of several modules, and of newer versions’ builds', async () => {
    const line = (event: object) => JSON.stringify(event);
    const text = [
      line({ Action: 'start', Package: 'x.org/tools/lint' }),
      line({ ImportPath: 'x.org/tools/lint', Action: 'build-output', Output: 'x.go:1: no\n' }),
      line({
        Action: 'output',
        Package: 'x.org/tools/lint',
        Output: 'FAIL\tx.org/tools/lint [build failed]\n',
      }),
      line({ Action: 'fail', Package: 'x.org/tools/lint', Elapsed: 0 }),
      line({ Action: 'run', Package: 'x.org/tools', Test: 'TestHangs' }),
      '{"Action": broken',
    ].join('\n');
    expect(await goTest.read?.(text, go)).toMatchObject([
      { name: '(package)', places: ['tools/lint'], message: 'FAIL\tx.org/tools/lint [build failed]' },
      { name: 'TestHangs', verdict: 'fail', places: ['tools'], message: 'it did not come to its end' },
    ]);
    expect(() => goTest.read?.('go: cannot find main module', go)).toThrow(/not go test’s/);
  });

  test('prints what its tests say, and not the JSON of it', async () => {
    const { run, left, write } = place({
      'go.mod': 'module example.com/calc\n',
      'a_test.go': '',
      'b/b_test.go': '',
    });
    // A program that prints what a real one printed.
    write(
      'bin/go',
      `#!/bin/sh\necho "$@" >&2\ncat '${join(import.meta.dirname, 'reports/go-test.ndjson')}'\nexit 2\n`,
      0o755,
    );
    const result = await run({
      command: 'PATH=$PWD/bin:$PATH go test {files}',
      files: './...',
      localRunners: 1,
    });
    expect(verdicts(result)).toMatchObject({ '.': 'fail' });
    const output = left(result, result.files[0]?.ran?.output ?? '');
    expect(output).toContain('    a_test.go:6: got\t3, "want" 4 & \\n\n');
    expect(output).not.toContain('"Action"');
  });
});

describe('cargo nextest', () => {
  const files = {
    'Cargo.toml': '[workspace]\nmembers = ["shop", "tools"]\n',
    'shop/Cargo.toml': '[package]\nversion = "1"\nname = "shop"\n\n[lib]\nname = "other"\n',
    'shop/src/lib.rs': '',
    'shop/src/bin/serve.rs': '',
    'shop/tests/basic.rs': '',
    'shop/tests/slow/main.rs': '',
    'tools/Cargo.toml': '[package]\nname = "tools"\n',
    'tools/src/main.rs': '',
    '.config/nextest.toml': '',
  };

  test('hands out files, and names the test binaries that cargo makes of them', () => {
    const words = (paths: readonly string[]) => cargoNextest.words?.(paths, project(files));
    expect(words(['shop/src/lib.rs', 'shop/tests/basic.rs', 'shop/tests/slow/main.rs'])).toEqual([
      '-E',
      'binary_id(=shop) | binary_id(=shop::basic) | binary_id(=shop::slow)',
    ]);
    expect(words(['shop/src/bin/serve.rs', 'tools/src/main.rs'])).toEqual([
      '-E',
      'binary_id(=shop::bin/serve) | binary_id(=tools::bin/tools)',
    ]);
  });

  test('tells each test of each binary; one that passed at last has passed', async () => {
    const { tests, unplaced } = byFile(
      (await cargoNextest.read?.(report('nextest.xml'), project(files))) ?? [],
      ['shop/src/lib.rs', 'shop/tests/basic.rs'],
      '/p',
    );
    expect(unplaced).toEqual([]);
    expect(tests.get('shop/src/lib.rs')).toMatchObject([{ name: 'prices::tests::adds', verdict: 'pass' }]);
    expect(tests.get('shop/tests/basic.rs')).toMatchObject([
      { name: 'test_cwd', verdict: 'pass' },
      { name: 'test_failure_assert', verdict: 'fail', message: expect.stringContaining('panicked') },
      { name: 'test_flaky_mod_2', verdict: 'pass' },
    ]);
  });

  test('is read as it wrote it itself (fixtures/fixture-project-junit.xml of its repository)', async () => {
    const own = { 'Cargo.toml': '[package]\nname = "fixture-project"\n', 'tests/basic.rs': '' };
    const cases = (await cargoNextest.read?.(report('nextest-recorded.xml'), project(own))) ?? [];
    const { tests, unplaced } = byFile(cases, ['tests/basic.rs'], '/p');
    expect(unplaced).toEqual([]);
    expect(tests.get('tests/basic.rs')).toMatchObject([
      { name: 'test_cwd', verdict: 'pass', durationMs: 4 },
      {
        ...{ name: 'test_failure_assert', verdict: 'fail' },
        message: "thread 'test_failure_assert' panicked at tests/basic.rs:19:5:",
        detail: expect.stringContaining('assertion `left == right` failed'),
      },
      // At the fourth time.
      { name: 'test_flaky_mod_4', verdict: 'pass' },
    ]);
  });

  test('gets a config that says where its report is to be', async () => {
    const { run, write } = place(files);
    write(
      'bin/cargo',
      `#!/bin/sh
for word; do case $word in shakedown:*) config=\${word#shakedown:};; esac; done
path=$(sed -n 's/^path = "\\(.*\\)"$/\\1/p' "$config")
head -1 "$config" | grep -qF '[profile.default.junit]' && cp '${join(import.meta.dirname, 'reports/nextest.xml')}' "$path"
exit 100
`,
      0o755,
    );
    const result = await run({
      command: 'PATH=$PWD/bin:$PATH cargo nextest run {files}',
      files: 'shop/tests/basic.rs',
      localRunners: 1,
    });
    expect(verdicts(result)).toEqual({ 'shop/tests/basic.rs': 'fail' });
    expect(testsOf(result, 'shop/tests/basic.rs')).toContain('test_cwd');
  });
});

describe('prove', () => {
  const files = ['t/a.t', 't/short.t', 't/sub/exits.t', 't/dies.t', 't/good.t', 't/skipped.t'];

  test('tells each test with its subtests, and how a file ended badly', () => {
    const { tests, unplaced } = byFile(readProve(report('prove.txt')), files, '/p');
    expect(unplaced).toEqual([]);
    expect(tests.get('t/a.t')?.map(({ name, verdict }) => `${verdict} ${name}`)).toEqual([
      'pass one',
      'pass outer > inner',
      'fail outer > wrong',
      'fail outer',
      'skip test 3',
      'skip to do',
      'pass test 5',
    ]);
    const ending = {
      name: '(the end of the file)',
      verdict: 'fail',
      message: expect.stringContaining('Dubious'),
    };
    expect(tests.get('t/short.t')).toMatchObject([{ name: 'only one', verdict: 'pass' }, ending]);
    expect(tests.get('t/sub/exits.t')).toMatchObject([{ name: 'fine', verdict: 'pass' }, ending]);
    expect(tests.get('t/dies.t')).toMatchObject([ending]);
    expect(tests.get('t/skipped.t')).toEqual([]);
    expect(tests.get('t/good.t'), 'the time of a file is that of its tests').toMatchObject([
      { name: 'good', verdict: 'pass', durationMs: expect.toSatisfy((ms: number) => ms > 300 && ms < 1000) },
    ]);
    expect(() => readProve('1..0')).toThrow(/not prove’s/);
  });

  test('runs a real suite, of which nothing need be said', async () => {
    const { run } = place({
      'Makefile.PL': '',
      'lib/Sum.pm': 'package Sum; sub of { $_[0] + $_[1] } 1;\n',
      't/sum.t': "use Test::More; use Sum; is Sum::of(1, 2), 3, 'adds'; done_testing;\n",
      't/bad name.t': "use Test::More tests => 1; is 1, 2, 'no <good>';\n",
      't/deep/dies.t': "use Test::More; ok 1, 'before'; die 'broken';\n",
    });
    const result = await run({ localRunners: 1 });
    expect(verdicts(result)).toEqual({ 't/bad name.t': 'fail', 't/deep/dies.t': 'fail', 't/sum.t': 'pass' });
    expect(testsOf(result, 't/bad name.t')).toEqual(['no <good>']);
    expect(testsOf(result, 't/deep/dies.t')).toEqual(['before', '(the end of the file)']);
    expect(testsOf(result, 't/sum.t')).toEqual(['adds']);
  });
});
