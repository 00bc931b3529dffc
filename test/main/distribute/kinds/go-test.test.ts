import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { goTest } from '../../../../main/distribute/kinds/go-test.ts';
import { byFile } from '../../../../main/distribute/results/by-file.ts';
import { writtenCommand } from '../../../../main/distribute/suite/test-command.ts';
import { place, verdicts } from '../place.ts';

/** As Go 1.19 wrote it. */
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

  test('says which package’s end is not told, for what it printed was cut off', async () => {
    const passes = (Package: string, Test?: string) =>
      JSON.stringify({ Action: 'pass', Package, ...(Test && { Test }) });
    const text = [passes('x.org/tools', 'TestA'), passes('x.org/tools')].join('\n');
    expect(await goTest.read?.(text, go)).toMatchObject([{ name: 'TestA', verdict: 'pass' }]);
    const [first = ''] = text.split('\n');
    for (const cut of [first, `${first}\n{"Action":"pa`]) {
      expect(await goTest.read?.(cut, go)).toMatchObject([
        { name: 'TestA', verdict: 'pass' },
        { name: '(package)', verdict: 'fail', message: 'it did not come to its end' },
      ]);
    }
  });

  test('passes a test whose end it does not tell, for that printed no new line, where the package passes', async () => {
    const event = (Action: string, Test?: string) =>
      JSON.stringify({ Action, Package: 'x.org/tools', ...(Test && { Test }) });
    const text = (end: string) => [event('run', 'TestPrints'), event(end)].join('\n');
    const read = async (end: string) => await goTest.read?.(text(end), go);
    expect(await read('pass')).toMatchObject([{ name: 'TestPrints', verdict: 'pass' }]);
    expect(await read('fail')).toMatchObject([{ name: 'TestPrints', verdict: 'fail' }]);
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
