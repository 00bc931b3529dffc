import { join } from 'node:path';
import { readJest, readMocha, readRspec } from '../results/read-json.ts';
import { readJunit, readNestedJunit } from '../results/read-reports.ts';
import { cargoNextest } from './cargo-nextest.ts';
import { goTest } from './go-test.ts';
import type { Kind } from './kind.ts';
import type { ProjectLook } from './project-look.ts';
import { prove } from './prove.ts';
import { splitJest, splitMocha, splitVitest } from './split-by-name.ts';
import { splitNodeTest } from './split-node-test.ts';
import { splitPytest } from './split-pytest.ts';
import { splitMinitest, splitRspec } from './split-rspec.ts';

/** Where the programs lie that keep frameworks loaded. */
export const loaders = join(import.meta.dirname, 'loaders');

const scripts = '{js,mjs,cjs,jsx,ts,mts,cts,tsx}';

/** Whether package.json has it among its dependencies. */
const depends = ({ read }: ProjectLook, name: string): boolean => read('package.json').includes(`"${name}":`);

const has = ({ files }: ProjectLook, ...names: readonly string[]): boolean =>
  names.some((name) => files.includes(name));

const isFiles = (word: string): boolean => word === '{files}' || word === '{file}';

/** One more option beside those that a variable has. */
const added = (before: string | undefined, option: string): string =>
  [before, option].filter(Boolean).join(' ');

/** Every framework that is known, with the command that people usually run it by. */
export const kinds: readonly Kind[] = [
  {
    name: 'pytest',
    recognise: (project) =>
      has(project, 'pytest.ini', 'conftest.py', 'tests/conftest.py') ||
      /\[tool\.pytest|\[tool:pytest\]|\[pytest\]/.test(
        ['pyproject.toml', 'setup.cfg', 'tox.ini'].map(project.read).join('\n'),
      ),
    files: ['**/test_*.py', '**/*_test.py'],
    command: () => ['python3', '-m', 'pytest', '{files}'],
    runs: /(^|[\s/])(py\.test|pytest)(-3)?(\s|$)/,
    // xunit1 names each test's file (https://docs.pytest.org, junit_family).
    reporting: (report, env) => ({
      env: { PYTEST_ADDOPTS: added(env.PYTEST_ADDOPTS, `-o junit_family=xunit1 --junitxml='${report}'`) },
    }),
    warming: {
      loader: 'shakedown_pytest.py',
      // Folders, for pytest finds its settings, and the first conftest files, by what it is told to run.
      command: (words, _, folders) =>
        words.flatMap((word) => (isFiles(word) ? ['-p', 'shakedown_pytest', ...folders] : [word])),
      searched: ['PYTHONPATH'],
    },
    read: readJunit,
    splitting: splitPytest,
    // "No tests were collected."
    emptyCodes: [5],
  },
  {
    name: 'RSpec',
    recognise: (project) => has(project, '.rspec', 'spec/spec_helper.rb'),
    files: ['spec/**/*_spec.rb'],
    command: (project) => [...(has(project, 'Gemfile') ? ['bundle', 'exec'] : []), 'rspec', '{files}'],
    runs: /(^|[\s/])rspec(\s|$)/,
    reporting: (report, env) => ({
      env: { SPEC_OPTS: added(env.SPEC_OPTS, `--format progress --format json --out ${report}`) },
    }),
    warming: {
      loader: 'shakedown_rspec.rb',
      parts: ['shakedown_wire.rb'],
      command: (words, loader) => words.flatMap((word) => (isFiles(word) ? ['--require', loader] : [word])),
    },
    read: readRspec,
    splitting: splitRspec,
  },
  {
    name: 'Minitest',
    recognise: (project) => has(project, 'test/test_helper.rb') && !has(project, '.rspec'),
    files: ['test/**/*_test.rb', 'test/**/test_*.rb'],
    command: (project) => [
      ...(has(project, 'Gemfile') ? ['bundle', 'exec'] : []),
      'ruby',
      '-Ilib',
      '-Itest',
      '{file}',
    ],
    // It leaves no report by itself: where it cannot be kept loaded, a file's exit code tells.
    runs: /(^|[\s/])ruby[\d.]*\s(.*\s)?-I\s?(\S*:)?test(\s|$)/,
    warming: {
      loader: 'shakedown_minitest.rb',
      parts: ['shakedown_wire.rb'],
      command: (words, loader) => words.map((word) => (isFiles(word) ? loader : word)),
    },
    splitting: splitMinitest,
  },
  {
    name: 'Vitest',
    recognise: (project) => depends(project, 'vitest'),
    files: [`**/*.{test,spec}.${scripts}`],
    command: () => ['node_modules/.bin/vitest', 'run', '{files}'],
    runs: /(^|[\s/])vitest(\s|$)/,
    reporting: (report) => ({
      words: ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    }),
    warming: {
      loader: 'shakedown_vitest.mjs',
      // Its API for programs in place of its command.
      command: (words, loader) => {
        const place = words.findIndex((word) => /(^|\/)vitest$/.test(word));
        if (place < 0) return undefined;
        const options = words.slice(place + 1).filter((word) => !isFiles(word) && word !== 'run');
        return ['node', loader, ...options];
      },
    },
    read: readJest,
    splitting: splitVitest,
  },
  {
    name: 'Jest',
    recognise: (project) => depends(project, 'jest'),
    files: [`**/*.{test,spec}.${scripts}`, `**/__tests__/**/*.${scripts}`],
    command: () => ['node_modules/.bin/jest', '--runTestsByPath', '{files}'],
    runs: /(^|[\s/])jest(\s|$)/,
    reporting: (report) => ({ words: ['--json', `--outputFile=${report}`] }),
    read: readJest,
    splitting: splitJest,
  },
  {
    name: 'Mocha',
    recognise: (project) => depends(project, 'mocha'),
    files: ['test/**/*.{js,cjs,mjs}'],
    command: () => ['node_modules/.bin/mocha', '{files}'],
    runs: /(^|[\s/])mocha(\s|$)/,
    reporting: (report) => ({ words: ['--reporter', 'json', '--reporter-option', `output=${report}`] }),
    read: readMocha,
    splitting: splitMocha,
  },
  {
    name: 'node --test',
    recognise: ({ read }) => /"test":\s*"[^"]*node\s[^"]*--test\b/.test(read('package.json')),
    files: [`**/*.test.${scripts}`, `test/**/*.${scripts}`],
    command: () => ['node', '--test', '{files}'],
    runs: /(^|[\s/])node\s(.*\s)?--test(\s|$)/,
    reporting: (report) => ({
      env: {},
      words: [
        ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
        ...['--test-reporter=junit', `--test-reporter-destination=${report}`],
      ],
    }),
    read: readNestedJunit,
    splitting: splitNodeTest,
  },
  {
    name: 'PHPUnit',
    recognise: (project) => has(project, 'phpunit.xml', 'phpunit.xml.dist', 'phpunit.dist.xml'),
    files: ['tests/**/*Test.php'],
    // By composer, or Debian's.
    command: (project) => [has(project, 'composer.json') ? 'vendor/bin/phpunit' : 'phpunit', '{file}'],
    runs: /(^|[\s/])phpunit(\s|$)/,
    reporting: (report) => ({ words: ['--log-junit', report] }),
    read: readJunit,
  },
  goTest,
  cargoNextest,
  prove,
];

/** The kinds of a project's tests. */
export const kindsOf = (project: ProjectLook): readonly Kind[] =>
  kinds.filter((kind) => kind.recognise(project));
