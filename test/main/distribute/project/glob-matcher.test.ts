import { matchesGlob } from 'node:path';
import { expect, test } from 'vitest';
import { globMatcher } from '../../../../main/distribute/project/glob-matcher.ts';

const names = [
  'a',
  '.a',
  'a.py',
  '.py',
  'ab.py',
  'a+b',
  'a.b.py',
  'test_a.py',
  'A.py',
  'a b',
  'é.py',
  'a\nb',
];
const paths = names.flatMap((name) => [
  ...[name, `tests/${name}`, `tests/deep/${name}`, `tests/.hidden/${name}`, `.hidden/${name}`],
  ...[`a/tests/${name}`, `a/b/tests/x/${name}`, `tests/deep/er/${name}`],
]);

const patterns = [
  ...['*', '*.py', 'tests/*.py', 'tests/**/*.py', '**/*.py', '**/test_*.py', '**/tests/**/*', 'tests/*'],
  ...['?', '?.py', 'a?b', '*a*', 'a*', 'tests/?.py', '**/*', '**/**/*.py', 'tests/*/*.py', '*/tests/*.py'],
  ...['a+b', 'a.b.*', '.*', '**/.*', '.hidden/*', 'tests/**', '**', 'a**', '{a,b}.py', '[ab].py', '+(a).py'],
  ...[
    '!a',
    '#a',
    './a.py',
    '../a',
    'tests//a.py',
    'tests/',
    '',
    '.',
    'a\\*',
    '***',
    'é.py',
    'tests/***/a.py',
  ],
];

test.each(patterns)('%j matches what matchesGlob says', (pattern) => {
  const matches = globMatcher(pattern);
  expect(paths.filter(matches)).toEqual(paths.filter((path) => matchesGlob(path, pattern)));
});
