import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DistributeResult } from '../../../main/distribute/results/distribute-result.ts';
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

/** The tests of a project of which nothing is said, by the frameworks that Debian has. */
async function testsIn(project: string): Promise<Readonly<Record<string, readonly string[]>>> {
  write(directory, `${project}/distribute.config.ts`, config);
  const { stdout, all } = await start(join(directory, project), ['distribute', '--json']);
  expect(stdout, all).not.toBe('');
  const { files }: DistributeResult = JSON.parse(stdout);
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
  expect(await testsIn('go')).toEqual({
    '.': [
      'fail',
      ...['TestAdd pass', 'TestTable fail', 'TestTable/good pass', 'TestTable/bad fail', 'TestLater skip'],
    ],
    sub: ['pass', 'TestSub pass'],
    broken: ['fail', '(package) fail'],
  });
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
