import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isAlive } from '../../node-agent/agent-process.ts';
import { place, verdicts } from './place.ts';

const sh = { files: 'test/*.sh', command: 'sh {file}', localRunners: 2 };

/** A test file in sh that writes JUnit XML of what it is told to. */
const reporter = `report=$1; shift
echo '<testsuites>' > $report
code=0
for file; do
  echo "<testsuite name='$file'>" >> $report
  while read -r name verdict; do
    echo "<testcase name='$name' file='$file' time='0.01'>" >> $report
    if [ $verdict = fail ]; then echo "<failure message='no $name'/>" >> $report; code=1; fi
    echo "</testcase>" >> $report
  done < $file
  echo '</testsuite>' >> $report
done
echo '</testsuites>' >> $report
exit $code
`;

test('each file is run, and the verdict is the suite’s', async () => {
  const { run, left, notes } = place({
    'test/a.sh': 'echo "from a"; test "$(cat ../shop*/data 2>/dev/null || cat data)" = 7',
    'test/b.sh': 'echo "from b" >&2; exit 4',
    'test/c.sh': 'true',
    data: '7\n',
  });
  const result = await run(sh);
  expect(verdicts(result)).toEqual({ 'test/a.sh': 'pass', 'test/b.sh': 'fail', 'test/c.sh': 'pass' });
  expect(result).toMatchObject({ verdict: 'fail', exitCode: 1 });
  expect(notes).toContainEqual(expect.stringMatching(/^sent 4 files, \d+ B, in /));
  const [a, b] = result.files;
  expect(left(result, a?.ran?.output ?? '')).toBe('from a\n');
  expect(b).toMatchObject({ message: 'it exits with 4', ran: { with: ['test/b.sh'] } });
  expect(left(result, 'distribute.log')).toMatch(/ 0_[01] test\/b\.sh \| from b\n/);
  expect(left(result, 'junit.xml')).toMatch(
    /<testcase name="test\/b.sh"[^>]*>\s*<failure message="it exits with 4"/,
  );
  expect(result.schedule?.inARowMs).toBeGreaterThanOrEqual(result.schedule?.bestMs ?? Number.NaN);
  expect(left(result, 'report.html'), 'what ran when').toMatch(/title="test\/c.sh: pass, /);
  expect(Object.values(result.runners).flat().sort(), 'every runner’s order is written down').toEqual(
    result.files.map(({ file }) => file),
  );
});

test('tests that a report tells of are results of their own', async () => {
  const { run, left } = place({
    'run.sh': reporter,
    'test/a.txt': 'one pass\ntwo fail\n',
    'test/b.txt': 'three pass\n',
  });
  const result = await run({
    files: 'test/*.txt',
    command: ['sh', 'run.sh', '{report}', '{files}'],
    localRunners: 1,
  });
  expect(result.files).toMatchObject([
    { file: 'test/a.txt', verdict: 'fail', tests: [{ name: 'one' }, { name: 'two', message: 'no two' }] },
    { file: 'test/b.txt', verdict: 'pass', tests: [{ name: 'three', verdict: 'pass' }] },
  ]);
  expect(left(result, 'junit.xml')).toMatch(
    /<testcase name="two"[^>]*test\/a.txt[^>]*>\s*<failure message="no two"/,
  );
});

test('the slowest files of the run before come first', async () => {
  const { run } = place({ 'test/a.sh': 'true', 'test/b.sh': 'sleep 0.4', 'test/c.sh': 'sleep 0.2' });
  await run({ ...sh, localRunners: 1 });
  const { runners } = await run({ ...sh, localRunners: 1 });
  expect(runners['0_0']).toEqual(['test/b.sh', 'test/c.sh', 'test/a.sh']);
});

test('only what changed is sent, what is gone goes, and what hooks made stays', async () => {
  const { run, write, notes, directory } = place({
    'test/a.sh': 'cat lib made; test ! -e old',
    lib: 'x',
    '.gitignore': 'secret\n',
    secret: '',
  });
  const config = { ...sh, hooks: { node_setup: '[ -e made ] || date +%N > made; [ ! -e secret ]' } };
  write('old', '1');
  expect((await run(config)).exitCode).toBe(1);
  const { rmSync } = await import('node:fs');
  rmSync(join(directory, 'old'));
  write('lib', 'changed');
  expect((await run(config)).exitCode).toBe(0);
  expect(notes).toContainEqual(expect.stringMatching(/^sent 1 file, 7 B, deleted 1, in /));
});

test('runners have identities, databases’ names and ports of their own, the same in hooks and tests', async () => {
  const { run, left } = place({ 'test/a.sh': 'sleep 0.2; env', 'test/b.sh': 'sleep 0.2; env' });
  const print = 'echo "$0 [$1] $SHAKEDOWN_NODE_ID $SHAKEDOWN_RUNNER_COUNT $DB_PREFIX $SHAKEDOWN_PORT."';
  const hooks = { node_setup: print, runner_setup: print, runner_teardown: print, node_teardown: print };
  const result = await run({ ...sh, hooks, ports: 5, env: { LANG: 'C', MINE: 'yes' } });
  const log = left(result, 'distribute.log');
  const prefix = (runner: string) =>
    new RegExp(`^\\S+ \\S+ ${runner} test/.*DB_PREFIX=([a-z][a-z0-9_]{5,39})$`, 'm');
  const [one, other] = ['0_0', '0_1'].map((runner) => prefix(runner).exec(log)?.[1]);
  expect(one).not.toBe(other);
  expect(log).toMatch(/ - node_setup \| node_setup \[\] 0 2 \S+_0_ \.$/m);
  expect(log).toContain(`runner_setup | runner_setup [0_0] 0 2 ${one} `);
  expect(log).toContain(`runner_teardown | runner_teardown [0_1] 0 2 ${other} `);
  expect(log).toMatch(/ - node_teardown \| node_teardown \[\] 0 2/);
  const ports = [...log.matchAll(/SHAKEDOWN_PORT=(\d+)$/gm)].map(([, port]) => Number(port));
  expect(Math.abs((ports[0] ?? 0) - (ports[1] ?? 0))).toBeGreaterThanOrEqual(5);
  expect(log).toMatch(/test\/a.sh \| MINE=yes$/m);
});

test('node_setup is not run again with the same files', async () => {
  const { run, write, notes } = place({ 'test/a.sh': 'true', lock: '1' });
  const config = {
    ...sh,
    hooks: { node_setup: { run: 'echo ran >> ../ran; wc -l < ../ran', files: ['lock'] } },
  };
  const known = () => notes.filter((note) => note.includes('it is not run')).length;
  await run(config);
  expect(known()).toBe(0);
  await run(config);
  expect(known()).toBe(1);
  write('lock', '2');
  await run(config);
  expect(known()).toBe(1);
  await expect(run({ ...config, hooks: { node_setup: { run: 'true', files: ['gone'] } } })).rejects.toThrow(
    'hooks.node_setup.files: the project has no file gone.',
  );
});

test('a hook that fails takes its runner or its node out, and what nobody ran is an error', async () => {
  const { run } = place({ 'test/a.sh': 'true', 'test/b.sh': 'true' });
  const half = await run({ ...sh, hooks: { runner_setup: '[ $1 = 0_0 ] || { echo no room; exit 9; }' } });
  expect(half).toMatchObject({ verdict: 'pass', exitCode: 0, outOfUse: [{ node: 0, runner: '0_1' }] });
  expect(half.outOfUse[0]?.message).toMatch(/runner_setup failed.*exit 9.*no room/s);
  const none = await run({ ...sh, hooks: { node_setup: 'exit 1' } });
  expect(none).toMatchObject({ verdict: 'error', exitCode: 3 });
  expect(none.files).toMatchObject([
    { verdict: 'error', message: 'there was no runner left to run it' },
    { verdict: 'error' },
  ]);
});

test('a file that kills its process twice is an error with its evidence; files beside it are not', async () => {
  const { run } = place({
    'test/a.sh': 'true',
    'test/killer.sh': 'kill -KILL $$',
    'test/z.sh': 'true',
  });
  // One process for all: which file it was is found out by running each alone.
  const command = 'for f in {files}; do sh $f || kill -KILL $$; done';
  const result = await run({ ...sh, command, localRunners: 1 });
  expect(verdicts(result)).toEqual({ 'test/a.sh': 'pass', 'test/killer.sh': 'error', 'test/z.sh': 'pass' });
  const [, killer] = result.files;
  expect(killer?.message).toMatch(/it has taken down 2 runners, and is tried no more: SIGKILL on/);
  expect(result.exitCode).toBe(3);
});

test('files that only fail together are told as that', async () => {
  const others = Array.from({ length: 8 }, (_, index) => [`test/${index}.sh`, 'true'] as const);
  const { run, write } = place({
    'test/a.sh': 'touch ../state',
    'test/b.sh': '[ ! -e ../state ]',
    ...Object.fromEntries(others),
  });
  // Of files that are known to be quick, a batch is made.
  const known = ['test/a.sh', 'test/b.sh', ...others.map(([file]) => file)].map((file, index) => {
    return [file, { ms: 100 - index, runs: 1, failed: false }] as const;
  });
  const history = { version: 1, files: Object.fromEntries(known) };
  write('.shakedown/distribute/history.json', JSON.stringify(history));
  const command = 'rm -f ../state; for f in {files}; do sh $f || exit 1; done';
  const result = await run({ ...sh, command, localRunners: 1 });
  expect(result.together).toMatchObject([{ files: expect.arrayContaining(['test/a.sh', 'test/b.sh']) }]);
  expect(result.together[0]?.message).toMatch(/files fail when one process runs them all .* passes alone/);
  expect(verdicts(result)).toMatchObject({ 'test/a.sh': 'pass', 'test/b.sh': 'pass' });
  expect(result.exitCode).toBe(1);
});

test('a file that takes too long, or says nothing for too long, fails, and all its processes are ended', async () => {
  const { run, left } = place({
    'test/slow.sh': 'sleep 300 & echo "pid $!"; while :; do echo busy; sleep 0.1; done',
    'test/quiet.sh': 'echo "pid $$"; exec sleep 300',
  });
  const result = await run({ ...sh, limits: { file: 2, silence: 1 } });
  expect(result.files.map(({ message }) => message)).toEqual([
    'it said nothing for 1 s',
    'it took longer than its time limit of 2 s',
  ]);
  const pids = [...left(result, 'distribute.log').matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
  expect(pids).toHaveLength(2);
  expect(pids.filter(isAlive)).toEqual([]);
});

test('a daemon that a test leaves is told and ended; output that is no UTF-8 is kept as it is', async () => {
  const { run, left, home } = place({
    'test/a.sh': '(setsid sleep 301 >/dev/null 2>&1 &); printf "\\377\\376 x\\033[31m\\n"; sleep 0.2',
  });
  const result = await run(sh);
  expect(verdicts(result)).toEqual({ 'test/a.sh': 'pass' });
  expect(left(result, 'events.ndjson')).toContain('it left running, which was ended: sleep 301');
  const output = result.files[0]?.ran?.output ?? '';
  expect(readFileSync(join(result.directory, output)).subarray(0, 2)).toEqual(Buffer.from([0xff, 0xfe]));
  expect(left(result, 'distribute.log')).toMatch(/\| \ufffd\ufffd x$/m);
  expect(existsSync(home)).toBe(true);
});

test('Ctrl-C ends all on the nodes, runs the teardown hooks, and tells what was not run', async () => {
  const { run, left } = place({
    'test/a.sh': 'echo "pid $$"; exec sleep 300',
    'test/b.sh': 'true',
  });
  const interrupt = new AbortController();
  const hooks = { runner_teardown: 'echo tidy', node_teardown: 'echo swept' };
  const running = run(
    { ...sh, files: ['test/a.sh', 'test/b.sh'], localRunners: 1, hooks },
    { signal: interrupt.signal, onBegan: () => setTimeout(() => interrupt.abort(), 500) },
  );
  const result = await running;
  expect(result.exitCode).toBe(130);
  expect(result.files.some(({ verdict }) => verdict === 'skip')).toBe(true);
  const log = left(result, 'distribute.log');
  expect(log).toMatch(/runner_teardown \| tidy/);
  expect(log).toMatch(/node_teardown \| swept/);
  const pids = [...log.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
  expect(pids.filter(isAlive)).toEqual([]);
});

test('two distributions of one project stand beside one another; the next one is where the first was', async () => {
  const { run, left, home } = place({ 'test/a.sh': 'echo "$DB_PREFIX $SHAKEDOWN_PORT $PWD"; sleep 1' });
  const results = await Promise.all([run(sh), run(sh)]);
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  const saw = (result: (typeof results)[number]) =>
    / \| (\S+) (\d+) (\S+)$/m.exec(left(result, 'distribute.log'))?.slice(1) ?? [];
  const [[...one], [...other]] = results.map(saw) as [string[], string[]];
  for (const index of [0, 1, 2]) expect(one[index]).not.toBe(other[index]);
  const [prefix, , path] = saw(await run(sh));
  expect(
    [
      [one[0], one[2]],
      [other[0], other[2]],
    ],
    'databases and files of before',
  ).toContainEqual([prefix, path]);
  const folder = join(home, '.local/share/shakedown/distribute');
  expect(readdirSync(folder)).toHaveLength(2);
});
