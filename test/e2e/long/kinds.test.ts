import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DistributeResult } from '../../../main/distribute/results/distribute-result.ts';
import { splitAlike } from '../../main/distribute/kinds/split/split-alike.ts';
import { start, write } from '../harness.ts';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'shakedown-kinds-'));
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const config = `import { defineDistribution, nspawn } from 'shakedown';
  export default defineDistribution({
    machines: nspawn({ os: 'bookworm', count: 1, packages: ['golang-go', 'phpunit'] }), runners: 2,
  });`;

/** What comes of a project of which nothing is said, by the frameworks that Debian has. */
async function resultOf(project: string): Promise<DistributeResult> {
  write(directory, `${project}/distribute.config.ts`, config);
  const { stdout, all } = await start(join(directory, project), ['distribute', '--json']);
  expect(stdout, all).not.toBe('');
  return JSON.parse(stdout);
}

/** Its tests. */
async function testsIn(project: string): Promise<Readonly<Record<string, readonly string[]>>> {
  return testsOf(await resultOf(project));
}

function testsOf({ files }: DistributeResult): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    files.map(({ file, verdict, tests }) => [
      file,
      [verdict, ...tests.map((each) => `${each.name} ${each.verdict}`)],
    ]),
  );
}

test('go test: packages, with each test and subtest', async () => {
  write(directory, 'go/go.mod', 'module example.com/calc\n\ngo 1.19\n');
  write(directory, 'go/calc.go', 'package calc\n\nfunc Add(a, b int) int { return a + b }\n');
  write(
    directory,
    'go/calc_test.go',
    `package calc
import "testing"
func TestAdd(t *testing.T) { if Add(1, 2) != 3 { t.Fatal("no") } }
func TestTable(t *testing.T) {
	t.Run("good", func(t *testing.T) {})
	t.Run("bad", func(t *testing.T) { t.Error("wrong") })
}
func TestLater(t *testing.T) { t.Skip("later") }
`,
  );
  write(directory, 'go/sub/sub_test.go', 'package sub\nimport "testing"\nfunc TestSub(t *testing.T) {}\n');
  write(
    directory,
    'go/broken/b_test.go',
    'package broken\nimport "testing"\nfunc TestB(t *testing.T) { no() }\n',
  );
  const whole = await testsIn('go');
  expect(whole).toEqual({
    '.': [
      'fail',
      ...['TestAdd pass', 'TestTable fail', 'TestTable/good pass', 'TestTable/bad fail', 'TestLater skip'],
    ],
    sub: ['pass', 'TestSub pass'],
    broken: ['fail', '(package) fail'],
  });
  // As if it took long, with a test that is no more; another one is new.
  const tests = { TestAdd: 9000, TestTable: 0, 'TestTable/good': 9000, 'TestTable/bad': 1, TestGone: 9000 };
  const known = { ms: 27_000, runs: 1, failed: true, tests };
  const others = Object.fromEntries(['sub', 'broken'].map((each) => [each, { ...known, ms: 1, tests: {} }]));
  const history = { version: 1, startMs: 1, files: { '.': known, ...others } };
  write(directory, 'go/.shakedown/distribute/history.json', JSON.stringify(history));
  const inParts = await resultOf('go');
  expect(Object.values(inParts.runners).flat()).toEqual(expect.arrayContaining(['. [1 of 2]', '. [2 of 2]']));
  const sorted = (all: typeof whole) => Object.entries(all).map(([file, own]) => [file, ...own.toSorted()]);
  expect(sorted(testsOf(inParts)).sort()).toEqual(sorted(whole).sort());
});

test('PHPUnit: each test, also of a data provider', async () => {
  write(
    directory,
    'php/phpunit.xml',
    '<phpunit><testsuites><testsuite name="all"><directory>tests</directory></testsuite></testsuites></phpunit>',
  );
  write(
    directory,
    'php/tests/SumTest.php',
    `<?php use PHPUnit\\Framework\\TestCase;
final class SumTest extends TestCase {
  public function testAdds(): void { $this->assertSame(3, 1 + 2); }
  public function testFails(): void { $this->assertSame(4, 1 + 2); }
  public function testLater(): void { $this->markTestSkipped('later'); }
  /** @dataProvider sums */
  public function testSums(int $a, int $sum): void { $this->assertSame($sum, $a + 1); }
  public static function sums(): array { return ['one' => [1, 2], 'two' => [2, 3]]; }
}
`,
  );
  write(
    directory,
    'php/tests/OtherTest.php',
    `<?php use PHPUnit\\Framework\\TestCase;
final class OtherTest extends TestCase { public function testWorks(): void { $this->assertTrue(true); } }
`,
  );
  expect(await testsIn('php')).toEqual({
    'tests/OtherTest.php': ['pass', 'testWorks pass'],
    'tests/SumTest.php': [
      'fail',
      ...['testAdds pass', 'testFails fail', 'testLater skip'],
      ...['testSums with data set "one" pass', 'testSums with data set "two" pass'],
    ],
  });
});

describe('a long file is run in parts', () => {
  let packages: string;

  beforeAll(async () => {
    packages = join(directory, 'packages');
    write(directory, 'packages/package.json', '{ "private": true }');
    const install = ['install', '--no-audit', '--no-fund', 'jest@30', 'mocha@11', 'node@20'];
    await execa('npm', install, { cwd: packages });
  });

  const body = (more: string) => `
describe('outer (1+1)', () => {
  it('works', () => {});
  it('works', () => { throw new Error('no'); });
  it('WORKS', () => {});
  it.skip('later', () => {});
  describe('inner', () => { for (const n of [1, 2]) it('has ' + n, () => { if (n > 1) throw new Error('two'); }); });
});
it('outer (1+1) inner has 1', () => {});
it('$5 a|b > c', () => {});
${more}`;

  test.each([
    ['Mocha', 'test/a.js', { mocha: '11' }],
    ['Jest', 'a.test.js', { jest: '30' }],
  ])('of %s', async (_, file, devDependencies) => {
    const parts = await splitAlike({
      files: {
        'package.json': JSON.stringify({ devDependencies }),
        '.gitignore': 'node_modules\n',
        [file]: body("it('gone', () => {});\n"),
      },
      file,
      changed: body("it('new', () => { throw new Error('new'); });\n"),
      config: { hooks: { node_setup: `ln -sfn ${packages}/node_modules node_modules` } },
    });
    expect(parts.flatMap(({ tests }) => tests)).toHaveLength(9);
  });

  test('of a Node that cannot leave out tests: each part is all of it', async () => {
    const parts = await splitAlike({
      files: {
        'a.test.mjs': `import { describe, it } from 'node:test';\n${body("it('gone', () => {});\n")}`,
      },
      file: 'a.test.mjs',
      changed: `import { describe, it } from 'node:test';\n${body('')}`,
      config: { files: '*.mjs', command: [`${packages}/node_modules/.bin/node`, '--test', '{files}'] },
    });
    expect(parts.flatMap(({ tests }) => tests)).toHaveLength(18);
  });
});
