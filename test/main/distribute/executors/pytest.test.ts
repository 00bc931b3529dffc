import { expect, test } from 'vitest';
import { place, verdicts } from '../place.ts';

/** Debian's own: another python3 may come first and have no pytest. */
const python = { files: 'tests/**/test_*.py', command: ['/usr/bin/python3', '-m', 'pytest', '{files}'] };
const one = { ...python, localRunners: 1 };

/** Verdicts and names of all tests. */
const tests = (result: Awaited<ReturnType<ReturnType<typeof place>['run']>>) =>
  result.files.map(({ file, verdict, tests: all }) => [
    file,
    verdict,
    ...all.map((each) => `${each.name} ${each.verdict} ${each.message ?? ''}`),
  ]);

/** All that pytest can say of a test. */
const allKinds = {
  'tests/conftest.py': `import pytest
@pytest.fixture(scope='session')
def shared():
    with open('log', 'a') as log: log.write('up\\n')
    yield 7
    with open('log', 'a') as log: log.write('down\\n')
`,
  'tests/inner/conftest.py': `import pytest
@pytest.fixture
def inner(shared): return shared + 1
@pytest.fixture
def broken(): yield 1; raise RuntimeError('teardown')
`,
  'tests/test_kinds.py': `import pytest
class TestGroup:
    @pytest.mark.parametrize('value', [1, 'a/b::c', 'é'])
    def test_values(self, value, shared): assert value != 'a/b::c'
    class TestInner:
        def test_deep(self): pass
@pytest.mark.skip(reason='not now')
def test_skip(): pass
@pytest.mark.xfail(reason='known')
def test_xfail(): assert 0
@pytest.mark.xfail(strict=True)
def test_xpass(): pass
def test_no_fixture(nothing): pass
`,
  'tests/inner/test_inner.py': `import unittest
def test_inner(inner): assert inner == 8
def test_teardown(broken): pass
def test_twice(broken): assert 0
class Case(unittest.TestCase):
    def test_case(self): self.assertEqual(1, 2)
`,
  'tests/test_import.py': 'import nothing_of_that_name\n',
  'tests/test_empty.py': 'x = 1\n',
  'tests/test_skipped.py': "import pytest\npytest.skip('all of it', allow_module_level=True)\n",
  'tests/test_exit.py': 'import sys\ndef test_exit(): sys.exit(3)\ndef test_after(): pass\n',
};

test('verdicts and names are those of pytest itself', async () => {
  const { run, left, notes } = place(allKinds);
  const warm = await run(one);
  expect(notes.filter((note) => note.includes('loaded'))).toEqual([]);
  expect(Object.values(warm.runners)[0]?.length).toBe(6);
  const cold = await run({ ...one, cold: true });
  expect(tests(warm)).toEqual(tests(cold));
  expect(verdicts(warm)['tests/inner/test_inner.py']).toBe('fail');
  const kinds = warm.files.find(({ file }) => file === 'tests/test_kinds.py');
  expect(left(warm, kinds?.ran?.output ?? ''), 'its output has its failures').toContain('a/b::c');
  expect(warm.files.map(({ ran }) => ran?.process)).toEqual(Array(6).fill(0));
});

test('what a session sets up is torn down once, when the runner has run its last file', async () => {
  const use = 'def test_use(shared): assert shared == 7\n';
  const { run } = place({
    ...{ 'tests/conftest.py': allKinds['tests/conftest.py'], 'tests/test_1.py': use, 'tests/test_2.py': use },
    'tests/test_3.py': "def test_log(shared): assert open('log').read() == 'up\\n'\n",
    'tests/test_4.py': use,
  });
  const hooks = { node_teardown: '[ "$(cat log)" = "up\ndown" ]' };
  const result = await run({ ...one, hooks });
  expect(result).toMatchObject({ verdict: 'pass', outOfUse: [] });
});

test('what tests want to be done at the end of their process is done', async () => {
  const { run } = place({
    'tests/test_a.py': `import atexit, weakref
class Held: pass
held = Held()
def log(word): open('log', 'a').write(word + ' ')
atexit.register(log, 'exit')
weakref.finalize(held, log, 'final')
def test_a(): pass
`,
  });
  const hooks = { node_teardown: '[ "$(cat log)" = "final exit " ]' };
  expect(await run({ ...one, hooks })).toMatchObject({ verdict: 'pass', outOfUse: [] });
});

test('files of one name in two folders, which one process of pytest cannot tell apart: each is run', async () => {
  const { run } = place({
    'tests/a/test_same.py': 'def test_a(): pass\n',
    'tests/b/test_same.py': 'def test_b(): assert 0\n',
  });
  const result = await run(one);
  expect(tests(result)).toMatchObject([
    ['tests/a/test_same.py', 'pass', 'test_a pass '],
    ['tests/b/test_same.py', 'fail', expect.stringMatching(/^test_b fail/)],
  ]);
  expect(result.together).toEqual([]);
});

test('options of the user’s hold: -x ends a file, and no other one', async () => {
  const two = 'def test_1(): assert 0\ndef test_2(): pass\n';
  const { run } = place({ 'tests/test_a.py': two, 'tests/test_b.py': two });
  const result = await run({ ...one, command: '/usr/bin/python3 -m pytest -x -q {files}' });
  expect(result.files.map(({ verdict, tests: all }) => [verdict, all.length])).toEqual([
    ['fail', 1],
    ['fail', 1],
  ]);
});

test('what the tests start finds no trace of how pytest is kept loaded', async () => {
  const { run } = place({
    'tests/test_env.py': `import os, subprocess, sys
def test_env():
    assert 'SHAKEDOWN_WARM' not in os.environ and 'loaders' not in os.environ.get('PYTHONPATH', '')
    assert os.environ.get('MINE') == 'yes'
    assert not [path for path in sys.path if path.endswith('loaders')]
def test_descriptors():
    listed = subprocess.run(['ls', '/proc/self/fd'], capture_output=True, text=True).stdout.split()
    assert set(listed) <= {'0', '1', '2', '3'}, listed
def test_stdin():
    assert subprocess.run(['cat'], capture_output=True).stdout == b''
`,
  });
  expect(tests(await run({ ...one, env: { MINE: 'yes' } }))).toEqual([
    ['tests/test_env.py', 'pass', 'test_env pass ', 'test_descriptors pass ', 'test_stdin pass '],
  ]);
});

test('pytest that cannot be kept loaded runs each file in a process of its own, and says why', async () => {
  const { run, notes } = place({ 'tests/test_a.py': 'def test_a(): pass\n', 'tests/test_b.py': 'x = 1\n' });
  const result = await run({ ...one, command: '/usr/bin/python3 -m pytest -n 1 {files}' });
  expect(result.verdict).toBe('pass');
  expect(notes).toContainEqual(
    expect.stringMatching(
      /^pytest is not kept loaded here, .*: ERROR: pytest-xdist distributes the tests itself/,
    ),
  );
});
