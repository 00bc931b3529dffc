import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cargoNextest } from '../../../../main/distribute/kinds/cargo-nextest.ts';
import { byFile } from '../../../../main/distribute/results/by-file.ts';
import { place, testsOf, verdicts } from '../place.ts';

/** As nextest’s documentation and its repository have it. */
const report = (name: string) => readFileSync(join(import.meta.dirname, 'reports', name), 'utf8');

const project = (files: Readonly<Record<string, string>>) => ({
  files: Object.keys(files),
  read: (path: string) => files[path] ?? '',
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
