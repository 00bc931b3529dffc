import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive } from '../../../node-agent/agent-process.ts';
import { place, verdicts } from '../place.ts';

const python = { files: 'tests/test_*.py', command: ['/usr/bin/python3', '-m', 'pytest', '{files}'] };
const one = { ...python, localRunners: 1 };
const good = 'def test_good(): pass\n';

/** So many files that pass, each bigger than the next, so that they come in their order. */
const many = (count: number, body = good) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const number = String(index).padStart(3, '0');
      return [`tests/test_${number}.py`, `${body}#${'-'.repeat(count - index)}\n`] as const;
    }),
  );

/** One that comes before all of those. */
const first = (body: string) => ({ 'tests/test_first.py': `${body}#${'-'.repeat(1000)}\n` });

test('a test that kills its process twice is an error; the files behind it are run by the next one', async () => {
  const { run } = place({
    ...first('import os, signal\ndef test_kill(): os.kill(os.getpid(), signal.SIGKILL)\n'),
    ...many(20),
  });
  const result = await run(one);
  const { 'tests/test_first.py': killer, ...others } = verdicts(result);
  expect(killer).toBe('error');
  expect(result.files.at(-1)?.message).toMatch(/it has taken down 2 runners.*SIGKILL on/);
  expect(new Set(Object.values(others))).toEqual(new Set(['pass']));
  expect(new Set(result.files.map(({ ran }) => ran?.process))).toContain(1);
  expect(result.runners['0_0']).toHaveLength(22);
});

test('a test that ends its process, or its session, is judged as without a warm runner', async () => {
  const bodies: Readonly<Record<string, string>> = {
    code: 'import os\ndef test_a(): pass\ndef test_exit(): os._exit(3)\n',
    fine: 'import os\ndef test_exit(): os._exit(0)\n',
    session: 'import pytest\ndef test_exit(): pytest.exit("enough")\n',
    interrupt: 'def test_interrupt(): raise KeyboardInterrupt\n',
    load: 'import sys\nsys.exit(4)\n',
    stop: "def test_a(request): request.session.shouldstop = 'enough'\ndef test_never(): pass\n",
  };
  const files = Object.entries(bodies).map(([name, body]) => [`tests/test_x_${name}.py`, body] as const);
  const { run } = place({ ...Object.fromEntries(files), ...many(4) });
  const warm = await run(one);
  const cold = await run({ ...one, cold: true });
  expect(verdicts(warm)).toEqual(verdicts(cold));
  expect(Object.values(verdicts(warm)).filter((verdict) => verdict === 'fail')).toHaveLength(6);
  expect(warm.together, 'each fails by itself').toEqual([]);
});

test('a file past its time limit, or silent for too long, fails with the tests that it had; the others pass', async () => {
  const sleeper = (name: string) =>
    `import subprocess, time\ndef test_done(): pass\ndef test_${name}():\n  child = subprocess.Popen(['sleep', '300'])\n  open('pid_${name}', 'w').write(str(child.pid))\n  time.sleep(300)\n`;
  const { run, home } = place({ ...first(sleeper('hang')), ...many(5) });
  const late = await run({ ...one, limits: { file: 2 } });
  const hung = late.files.find(({ file }) => file === 'tests/test_first.py');
  expect(hung).toMatchObject({
    verdict: 'fail',
    message: 'it took longer than its time limit of 2 s',
    tests: [{ name: 'test_done', verdict: 'pass' }],
  });
  expect(Object.values(verdicts(late)).filter((verdict) => verdict === 'pass')).toHaveLength(5);
  const quiet = await run({ ...one, limits: { silence: 1 } });
  expect(quiet.files.find(({ file }) => file === 'tests/test_first.py')?.message).toBe(
    'it said nothing for 1 s',
  );
  const folder = join(home, '.local/share/shakedown/distribute');
  const { globSync } = await import('node:fs');
  const [pid = ''] = globSync('*/project/pid_hang', { cwd: folder });
  expect(isAlive(Number(readFileSync(join(folder, pid), 'utf8')))).toBe(false);
});

test('a daemon that a test leaves is told and ended when its process is', async () => {
  const { run, left } = place({
    'tests/test_a.py': "import subprocess\ndef test_a(): subprocess.Popen(['setsid', 'sleep', '317'])\n",
  });
  const result = await run(one);
  expect(result.verdict).toBe('pass');
  expect(left(result, 'events.ndjson')).toMatch(/runner 0_0 left running, which was ended: .*sleep 317/);
});

test('the output of each file is by itself, whatever a test does to stdout', async () => {
  const { run, left } = place({
    'tests/test_a.py': `import os, sys
def test_replaced():
    sys.stdout = open(os.devnull, 'w'); os.write(1, b'a by descriptor\\n')
def test_closed(): os.close(1); os.close(2)
`,
    'tests/test_b.py':
      "import sys\ndef test_b(): sys.stdout = sys.__stdout__; print('b says this'); assert 0\n",
    'tests/test_c.py':
      "import os\ndef test_c(): os.write(2, b'c \\xff\\xfe\\x00 \\x1e' + os.urandom(200000) + b'\\nc end\\n')\n",
  });
  const result = await run({ ...one, command: '/usr/bin/python3 -m pytest -s {files}' });
  const outputs = Object.fromEntries(
    result.files.map(({ file, ran }) => [file.slice(6, -3), left(result, ran?.output ?? '')]),
  );
  expect(outputs.test_a).toContain('a by descriptor');
  expect(outputs.test_c).toContain('c end');
  expect(outputs.test_c?.length).toBeGreaterThan(100_000);
  for (const [name, text] of Object.entries(outputs)) {
    for (const other of ['a by', 'b says', 'c end'].filter((words) => !name.endsWith(words[0] ?? ''))) {
      expect(text, `the output of ${name}`).not.toContain(other);
    }
  }
  expect(verdicts(result)).toMatchObject({ 'tests/test_b.py': 'fail', 'tests/test_c.py': 'pass' });
});

test('a test, or a file, that forks, and whose child comes back from it, is told once', async () => {
  const forks = { 'tests/test_a.py': 'import os\ndef test_fork(): os.fork()\n' };
  const { run } = place({ ...forks, 'tests/test_b.py': 'import os\nos.fork()\n', ...many(3) });
  const result = await run(one);
  expect(Object.fromEntries(result.files.map(({ file, tests }) => [file, tests.length]))).toEqual({
    ...{ 'tests/test_a.py': 1, 'tests/test_b.py': 0 },
    ...{ 'tests/test_000.py': 1, 'tests/test_001.py': 1, 'tests/test_002.py': 1 },
  });
  expect(result.verdict).toBe('pass');
});

test('--fail-fast begins no file when one has failed', async () => {
  const { run } = place({ ...first('def test_bad(): assert 0\n'), ...many(30) });
  const result = await run(one, { failFast: true });
  expect(result.runners['0_0']).toEqual(['tests/test_first.py']);
  expect(result.files.filter(({ verdict }) => verdict === 'skip')).toHaveLength(30);
});

test('a runner on which all fails eats no files', async () => {
  const body = "import os, time\ndef test_a():\n  time.sleep(0.05); assert os.environ['NODE'] == 'good'\n";
  const { run } = place(many(60, body));
  const nodes = { ...python, nodes: ['10.99.0.0', '10.99.0.1'], runners: 1 };
  const result = await run(nodes, { nodes: [{ NODE: 'bad' }, { NODE: 'good' }] });
  expect(result.files.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
  expect(result.broken).toEqual(['0_0']);
});

test('what a session cannot tear down fails the run, and no file', async () => {
  const { run } = place({
    'tests/conftest.py':
      "import pytest\n@pytest.fixture(scope='session', autouse=True)\ndef shared():\n  yield\n  raise RuntimeError('the database is gone')\n",
    'tests/test_a.py': good,
  });
  const result = await run(one);
  expect(verdicts(result)).toEqual({ 'tests/test_a.py': 'pass' });
  expect(result.together).toMatchObject([
    {
      files: ['tests/test_a.py'],
      message: expect.stringMatching(/could not be torn down: .*the database is gone/),
    },
  ]);
  expect(result.exitCode).toBe(1);
});

test('Ctrl-C ends it, and tells what was not run', async () => {
  const body = "import os, time\ndef test_a():\n  print('pid', os.getpid(), flush=True); time.sleep(300)\n";
  const { run, left } = place({ ...first(body), ...many(3) });
  const interrupt = new AbortController();
  const command = '/usr/bin/python3 -m pytest -s {files}';
  const onBegan = () => setTimeout(() => interrupt.abort(), 1000);
  const result = await run({ ...one, command }, { signal: interrupt.signal, onBegan });
  expect(result.exitCode).toBe(130);
  expect(result.files.map(({ verdict }) => verdict)).toEqual(Array(4).fill('skip'));
  const [, pid] = /pid (\d+)/.exec(left(result, 'distribute.log')) ?? [];
  expect(isAlive(Number(pid))).toBe(false);
});
