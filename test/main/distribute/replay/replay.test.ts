import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { distributeCommand } from '../../../../main/commands/distribute/begin.ts';
import type { Bisected } from '../../../../main/distribute/replay/bisect.ts';
import { minimalSet } from '../../../../main/distribute/replay/minimal-set.ts';
import type { DistributeResult } from '../../../../main/distribute/results/distribute-result.ts';
import { type Place, place } from '../place.ts';

const never = new AbortController().signal;

/** `shakedown distribute --json …` in a place; throws what the command line would print of a mistake. */
async function command<Result = DistributeResult>(
  { directory, home }: Place,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<Result & { readonly code: number }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const printed = text(stdout);
  const code = await distributeCommand(
    args,
    { json: true, rest: [], ...options },
    {
      ...{ cwd: directory, env: { ...process.env, HOME: home }, stdin, stdout, stderr },
      ...{ signal: never, hurry: never, cacheDir: join(tmpdir(), 'shakedown-test-cache') },
    },
  );
  stdout.end();
  return { ...JSON.parse(await printed), code };
}

/** Files that are run in this order, by what is known of them. */
function inOrder(here: Place, files: readonly string[]): void {
  const known = files.map((file, index) => [file, { ms: 1000 - index, runs: 1, failed: false }]);
  const history = { version: 1, files: Object.fromEntries(known) };
  here.write('.shakedown/distribute/history.json', JSON.stringify(history));
}

const sh = { files: 'test/*.sh', command: 'sh {file}', localRunners: 1 };
const batches = { ...sh, command: 'for f in {files}; do sh $f || exit 1; done' };
const numbered = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`test/${index}.sh`, 'true']));

describe('what a runner ran', () => {
  test('is run again in the same order and the same processes, as the same runner', async () => {
    const here = place({
      ...numbered(30),
      'test/z.sh': 'echo "$SHAKEDOWN_RUNNER_ID $SHAKEDOWN_RUNNER_COUNT"',
    });
    inOrder(here, [...Object.keys(numbered(30)), 'test/z.sh']);
    const first = await here.run({ ...batches, localRunners: 2 });
    const runner = first.files.find(({ file }) => file === 'test/z.sh')?.ran?.runner ?? '';
    const processes = (run: DistributeResult) =>
      run.processes.filter(({ ran }) => ran.runner === runner).map(({ ran }) => ran.with);
    expect(processes(first).some(({ length }) => length > 1)).toBe(true);
    const again = await command(here, [], { replay: first.id, runner });
    expect(processes(again)).toEqual(processes(first));
    expect(again.processes).toHaveLength(processes(first).length);
    expect(readFileSync(join(again.directory, 'distribute.log'), 'utf8')).toContain(`| ${runner} 2\n`);
    expect(again.code).toBe(0);
  });

  test('with a file twice is run twice; what earlier runs left on the node is not there', async () => {
    const here = place({ 'test/a.sh': '[ -e ../tried ] || { touch ../tried; exit 1; }' });
    await here.run(sh, { retries: 1 });
    const again = await command(here, [], { replay: 'latest', runner: '0' });
    expect(again.processes.map(({ files }) => files[0]?.verdict)).toEqual(['fail', 'pass']);
    expect(again.files).toMatchObject([{ verdict: 'pass', flaky: true }]);
    const place1 = join(here.home, '.local/share/shakedown/distribute');
    expect(readdirSync(place1), 'its own place is taken away').toHaveLength(1);
  });

  test('leaves the history as it is', async () => {
    const here = place({ 'test/a.sh': 'true' });
    await here.run(sh);
    const file = join(here.directory, '.shakedown/distribute/history.json');
    const before = readFileSync(file, 'utf8');
    await command(here, [], { replay: 'latest', runner: '0_0' });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('cannot be found, or run, for many reasons, each of which is told', async () => {
    const here = place({ 'test/a.sh': 'true', 'test/b.sh': 'true' });
    const { id, directory } = await here.run(sh);
    const said = (options: object, args: readonly string[] = []) =>
      command(here, args, { ...options }).then(
        () => 'nothing',
        ({ message, hint }) => [message, hint].filter(Boolean).join(' / '),
      );
    expect(await said({ replay: 'nope', runner: '0' })).toMatch(/^There is no run 'nope' in/);
    expect(await said({ replay: id, runner: '1' })).toBe(
      `Run ${id} has no runner '1' that ran anything. / its runners: 0 (0_0)`,
    );
    expect(await said({ replay: id })).toMatch(/^Which runner is to run again\?/);
    expect(await said({ replay: id, runner: '0' }, ['test/a.sh'])).toMatch(/no other files/);
    expect(await said({ runner: '0' })).toMatch(/^--runner goes with --replay/);
    expect(await said({ replay: id, bisect: id })).toMatch(/cannot go together/);
    rmSync(join(here.directory, 'test/b.sh'));
    expect(await said({ replay: id, runner: '0' })).toMatch(
      `Files that runner 0_0 ran in run ${id} are no more: test/b.sh (1 of 2). / go back to`,
    );
    writeFileSync(join(directory, 'distribute.json'), '{}');
    expect(await said({ replay: id, runner: '0' })).toMatch(/^distribute.json of run .* cannot be read/);
    rmSync(join(directory, 'distribute.json'));
    expect(await said({ replay: id, runner: '0' })).toMatch(/is no distribution that came to its end/);
  });
});

describe('the file that breaks a test', () => {
  const bisected = (here: Place, named: string) => command<Bisected>(here, [named], { bisect: 'latest' });

  test('is found, though the tests leave their state in the project', async () => {
    const here = place({
      ...numbered(8),
      'test/7.sh': 'touch dirty',
      'test/z.sh': '[ ! -e dirty ]',
    });
    inOrder(here, [...Object.keys(numbered(8)), 'test/z.sh']);
    await here.run(sh);
    const found = await bisected(here, 'test/z.sh');
    expect(found).toMatchObject({ outcome: 'found', culprits: ['test/7.sh'], code: 0 });
    expect(found.message).toBe('test/7.sh breaks test/z.sh: it fails after that file, and passes alone');
    expect(found.trials).toBeLessThanOrEqual(10);
  });

  test('is found within a process, too, and by a test’s name', async () => {
    const write = (name: string, failed: string) =>
      `if ${failed}; then F='<failure message="no"/>'; fi; echo "<testsuite name='s'><testcase name='ok'/><testcase name='${name}'>$F</testcase></testsuite>"`;
    const here = place({
      'test/1.sh': write('one', 'false'),
      'test/2.sh': `STATE=1; ${write('two', 'false')}`,
      'test/3.sh': write('three', 'false'),
      'test/4.sh': write('four', '[ -n "$STATE" ]'),
    });
    inOrder(here, ['test/1.sh', 'test/2.sh', 'test/3.sh', 'test/4.sh']);
    const line =
      '{ echo "<testsuites>"; for f in {files}; do echo "<testsuite name=\'$f\' file=\'$f\'>"; . ./$f; F=; echo "</testsuite>"; done; echo "</testsuites>"; } > {report}; ! grep -q "<failure" {report}';
    // One batch of all of them, whatever a run makes of them.
    const first = await here.run({ ...sh, command: line });
    const file = join(first.directory, 'distribute.json');
    const [process] = first.processes;
    const all = ['test/1.sh', 'test/2.sh', 'test/3.sh', 'test/4.sh'];
    const ran = { ...process?.ran, with: all };
    const files = all.map((each) => ({ file: each, verdict: each === 'test/4.sh' ? 'fail' : 'pass' }));
    const tests = [{ name: 'four', verdict: 'fail' }];
    const results = all.map((each) => ({ file: each, tests: each === 'test/4.sh' ? tests : [] }));
    writeFileSync(file, JSON.stringify({ ...first, processes: [{ ran, took: 1, files }], files: results }));
    const found = await bisected(here, 'test/4.sh: four');
    expect(found).toMatchObject({ outcome: 'found', culprits: ['test/2.sh'], test: 'four' });
  });

  test('may be several that are all needed', async () => {
    const here = place({
      ...numbered(5),
      'test/1.sh': 'touch one',
      'test/4.sh': 'touch four',
      'test/z.sh': '[ ! -e one ] || [ ! -e four ]',
    });
    inOrder(here, [...Object.keys(numbered(5)), 'test/z.sh']);
    await here.run(sh);
    const found = await bisected(here, 'test/z.sh');
    expect(found.message).toBe('test/z.sh fails only when all of these run before it: test/1.sh, test/4.sh');
  });

  test('is none where it fails alone, where it does not fail again, where nothing ran before it', async () => {
    const here = place({ 'test/a.sh': '[ -e ok ]', 'test/b.sh': 'exit 1', 'test/c.sh': 'exit 1' });
    inOrder(here, ['test/a.sh', 'test/b.sh', 'test/c.sh']);
    const run = (await here.run(sh)).id;
    const alone = await bisected(here, 'test/b.sh');
    expect(alone).toMatchObject({ outcome: 'alone', code: 1, trials: 1 });
    expect(alone.message).toBe('test/b.sh fails alone: no file that runs before it breaks it');
    here.write('ok', '');
    here.write('test/c.sh', 'true');
    const again = await command<Bisected>(here, ['test/c.sh'], { bisect: run });
    expect(again.message).toMatch(
      `test/c.sh passes, alone and after the 2 files that ran before it as on runner 0_0 in run ${run}: it depends on`,
    );
    expect(again).toMatchObject({ outcome: 'not-again', code: 1 });
    const first = await command<Bisected>(here, ['test/a.sh'], { bisect: run });
    expect(first.message).toMatch(/^test\/a.sh was the first file of runner 0_0, and passes alone now/);
  });

  test('and a replay need a run in which something ran', async () => {
    const here = place({ 'test/a.sh': 'true' });
    await here.run({ ...sh, command: 'no-such-command {file}' });
    await expect(command(here, [], { replay: 'latest' })).rejects.toThrow(
      /^In run \S+ no runner ran anything/,
    );
  });

  test('is not looked for where there is no such test, or it did not fail', async () => {
    const here = place({ 'test/a.sh': 'true' });
    await here.run(sh);
    await expect(bisected(here, 'test/no.sh')).rejects.toThrow(/has no test file 'test\/no.sh'/);
    await expect(bisected(here, 'test/a.sh: nine')).rejects.toThrow("test/a.sh had no test 'nine'");
    await expect(bisected(here, 'test/a.sh')).rejects.toThrow('test/a.sh did not fail in run');
    await expect(command(here, [], { bisect: 'latest' })).rejects.toThrow('takes a run and one test');
  });

  test('is looked for in vain where nothing can be run', async () => {
    const here = place({ 'test/a.sh': 'exit 1' });
    await here.run(sh);
    here.write('distribute.config.ts', "export default { hooks: { runner_setup: 'exit 7' } };");
    const found = await bisected(here, 'test/a.sh');
    expect(found).toMatchObject({ outcome: 'unknown', code: 3 });
    expect(found.message).toMatch(/runner_setup failed.*exit 7/s);
    // Now the project cannot be put back at the end either.
    const gone = 'rm -r ../project.untouched; exit 7';
    here.write('distribute.config.ts', `export default { hooks: { runner_setup: '${gone}' } };`);
    const { message } = await bisected(here, 'test/a.sh');
    expect(message).toMatch(/runner_setup failed.*test\/a.sh was not run to its end/s);
    expect(message).not.toContain('cannot be copied');
  });
});

test.each([
  [[3], 1],
  [[0, 9], 2],
  [[2, 3, 8], 3],
])('the least set of ten with which something fails: %j', async (needed) => {
  const all = Array.from({ length: 10 }, (_, index) => index);
  const fails = async (some: readonly number[]) => needed.every((each) => some.includes(each));
  expect(await minimalSet(all, fails)).toEqual(needed);
});

test('a process that stayed is one again when it is replayed, and what breaks a test in it is found', async () => {
  const names = ['test_a', 'test_leak', 'test_b', 'test_clean'].map((name) => `tests/${name}.py`);
  const here = place({
    ...{ 'tests/test_a.py': 'def test_a(): pass\n', 'tests/test_b.py': 'def test_b(): pass\n' },
    'tests/test_leak.py': 'import builtins\ndef test_leak(): builtins.leaked = True\n',
    'tests/test_clean.py': "import builtins\ndef test_clean(): assert not hasattr(builtins, 'leaked')\n",
  });
  inOrder(here, names);
  const python = ['/usr/bin/python3', '-m', 'pytest', '{files}'];
  const first = await here.run({ files: 'tests/*.py', command: python, localRunners: 1 });
  const clean = (run: DistributeResult) => run.files.find(({ file }) => file === names[3])?.verdict;
  expect([first.runners['0_0'], clean(first)]).toEqual([names, 'fail']);
  const again = await command(here, [], { replay: 'latest', runner: '0', localRunners: 1 });
  expect([again.runners['0_0'], clean(again)]).toEqual([names, 'fail']);
  expect(new Set(again.processes.map(({ ran }) => ran.process))).toEqual(new Set([0]));
  const found = await command<Bisected>(here, ['tests/test_clean.py: test_clean'], { bisect: first.id });
  expect(found).toMatchObject({ outcome: 'found', culprits: ['tests/test_leak.py'], exitCode: 0 });
});
