import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { place, verdicts } from './place.ts';

const sh = { files: 'test/*.sh', command: 'sh {file}', localRunners: 2 };
const many = (count: number, text: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`test/t${index}.sh`, text]));

/**
 * A test command that leaves what a file has as its report; it fails where the file has the word for that.
 */
const reporting = ['sh', '-c', 'cat "$2" > "$1"; ! grep -q FAILS "$2"', 'sh', '{report}', '{file}'];
const txt = { files: 'test/*.txt', command: reporting, localRunners: 1 };

describe('two nodes', () => {
  const nodes = { files: 'test/*.sh', nodes: ['10.99.0.0', '10.99.0.1'], runners: 1 };

  test('of which one has not the command: the other does all, and what is missing is told with the node', async () => {
    const { run, directory } = place(many(6, 'true'));
    const bin = join(dirname(directory), 'bin');
    mkdirSync(bin);
    symlinkSync('/bin/sh', join(bin, 'run-our-tests'));
    const has = { PATH: `${bin}:${process.env.PATH}` };
    const result = await run({ ...nodes, command: ['run-our-tests', '{files}'] }, { nodes: [{}, has] });
    expect(result).toMatchObject({ verdict: 'pass', exitCode: 0, outOfUse: [{ node: 0 }] });
    expect(result.outOfUse[0]?.message).toMatch(
      /it is of no use: there is no command 'run-our-tests'.*install it/s,
    );
    expect(new Set(result.files.map(({ ran }) => ran?.node))).toEqual(new Set([1]));
  });

  test('none of which has it: no file is run, and none passes', async () => {
    const { run } = place(many(2, 'true'));
    const result = await run({ ...nodes, command: ['run-our-tests', '{files}'] }, { nodes: [{}, {}] });
    expect(result).toMatchObject({ verdict: 'error', exitCode: 3 });
    expect(result.outOfUse.map(({ node }) => node).sort()).toEqual([0, 1]);
    expect(Object.values(verdicts(result))).toEqual(['error', 'error']);
  });

  test('of which one misses what the command itself needs: its failures are run again on the other', async () => {
    // The good one passes nothing before the other has failed as many as make it suspect.
    const wait = 'until [ "$(wc -l < $FAILED)" -ge 5 ]; do sleep 0.05; done';
    const { run, home } = place(many(24, `[ "$NODE" = good ] || { echo >> "$FAILED"; exit 1; }; ${wait}`));
    const FAILED = join(home, 'failed');
    writeFileSync(FAILED, '');
    const environments = ['bad', 'good'].map((NODE) => ({ NODE, FAILED }));
    const result = await run({ ...nodes, command: 'sh {file}' }, { nodes: environments });
    expect(result.files.filter(({ verdict }) => verdict !== 'pass')).toEqual([]);
    expect(result).toMatchObject({ broken: ['0_0'] });
  });

  test('of which one is ten times slower: it gets few files, and the other does not wait long for it', async () => {
    const { run } = place(many(24, 'sleep "$TAKES"'));
    const config = { ...nodes, command: 'for f in {files}; do sh $f; done' };
    const result = await run(config, { nodes: [{ TAKES: '1' }, { TAKES: '0.1' }] });
    expect(result.verdict).toBe('pass');
    const [slow = [], quick = []] = ['0_0', '1_0'].map((runner) => result.runners[runner]);
    expect(slow.length + quick.length).toBe(24);
    expect(slow.length).toBeLessThan(quick.length);
  });
});

describe('a report', () => {
  test('that is broken makes an error of its file: nobody knows what tests there were', async () => {
    const { run, left } = place({
      'test/cut.txt': '<testsuites><testsuite name="s"><testcase name="one"',
      'test/half.txt': '<testsuites><testsuite name="s"><testcase name="one"/>',
      'test/html.txt': '<html/>',
      'test/none.txt': '',
      'test/bad.txt': 'FAILS \0\x01 <<<',
      'test/good.txt': '<testsuite name="s"><testcase name="one"/></testsuite>',
    });
    const result = await run(txt);
    expect(verdicts(result)).toEqual({
      ...{ 'test/cut.txt': 'error', 'test/half.txt': 'error', 'test/html.txt': 'error' },
      ...{ 'test/bad.txt': 'fail', 'test/good.txt': 'pass', 'test/none.txt': 'pass' },
    });
    const told = Object.fromEntries(result.files.map(({ file, message }) => [file, message]));
    expect(told['test/cut.txt']).toMatch(/^no report of its tests can be read: .*is no XML/);
    expect(told['test/half.txt']).toMatch(/the report of the tests is cut off: its <testsuites> has no end/);
    expect(told['test/html.txt']).toMatch(/is no JUnit XML: it has no testsuite/);
    expect(told['test/bad.txt']).toMatch(/^it exits with 1; no report of its tests can be read/);
    expect(told['test/good.txt']).toBeUndefined();
    expect(left(result, 'junit.xml')).toContain('no report of its tests can be read');
  });

  test('that several files share and that is broken: each file is run alone', async () => {
    const { run } = place({ 'test/a.txt': '', 'test/b.txt': 'FAILS', 'test/c.txt': '' });
    const command = 'echo "<testsuite" > {report}; ! grep -q FAILS {files}';
    const result = await run({ files: 'test/*.txt', command, localRunners: 1 });
    expect(verdicts(result)).toEqual({ 'test/a.txt': 'error', 'test/b.txt': 'fail', 'test/c.txt': 'error' });
    for (const { ran } of result.files) expect(ran?.with).toHaveLength(1);
  });

  test('with tests of one name: each is a result of its own, and the failed one fails', async () => {
    const { run, left } = place({
      'test/a.txt':
        '<testsuite name="s"><testcase name="t"/><testcase name="t"><failure message="FAILS"/></testcase><testcase name="t"/></testsuite>',
      'test/b.txt': '<testsuite name="s"><testcase name="t"/></testsuite>',
    });
    const result = await run(txt);
    expect(
      result.files.map(({ file, tests }) => [file, ...tests.map((each) => [each.name, each.verdict])]),
    ).toEqual([
      ['test/a.txt', ['t', 'pass'], ['t (2)', 'fail'], ['t (3)', 'pass']],
      ['test/b.txt', ['t', 'pass']],
    ]);
    const xml = left(result, 'junit.xml');
    for (const name of ['t', 't (2)', 't (3)']) expect(xml).toContain(`<testcase name="${name}"`);
    expect(xml.match(/<failure/g)).toHaveLength(1);
  });

  test('and output that are no UTF-8 are read all the same', async () => {
    const { run, left } = place({ 'test/a.txt': 'x' });
    const report =
      '<testsuite name="s"><testcase name="caf\\351"><failure message="no \\377"/></testcase></testsuite>';
    const command = `printf '${report}' > {report}; printf 'out \\377\\376\\000 end\\n'; printf '\\303' >&2; exit 1 # {file}`;
    const result = await run({ files: 'test/*.txt', command, localRunners: 1 });
    expect(result.files).toMatchObject([
      { verdict: 'fail', tests: [{ name: 'caf\ufffd', verdict: 'fail', message: 'no \ufffd' }] },
    ]);
    expect(left(result, 'distribute.log')).toMatch(/ \| out \ufffd\ufffd.* end$/m);
    expect(left(result, 'junit.xml')).toContain('name="caf\ufffd"');
  });
});

/** A test that is over when its daemon is up, which puts down its id. */
const daemon = (script: string, file: string) =>
  `rm -f ${file}; (setsid sh -c 'echo $$ > ${file}; ${script}' &); until [ -s ${file} ]; do sleep 0.05; done`;

/** Fails where a process of which the id is in one of these runs still. */
const goneAre = (files: string) =>
  `! for id in $(cat ${files}); do grep "^State:.[^ZX]" /proc/$id/status; done | grep .`;

test('daemons that tests leave are ended with their process, however they left, and hold up nothing', async () => {
  const { run, left } = place({
    // These have the output still open: who waits for its end would wait for ever.
    'test/holds.sh': daemon('exec sleep 311', 'up1'),
    'test/twice.sh': daemon('trap "" TERM HUP; sleep 312; sleep 312', 'up2'),
    'test/fails.sh': `${daemon('exec sleep 313', 'up3')}; exit 1`,
    // It is smaller than those two, and so comes after them.
    'test/z.sh': goneAre('up1 up2'),
  });
  const result = await run({ ...sh, localRunners: 1 });
  expect(verdicts(result)).toEqual({
    ...{ 'test/fails.sh': 'fail', 'test/holds.sh': 'pass', 'test/twice.sh': 'pass', 'test/z.sh': 'pass' },
  });
  const events = left(result, 'events.ndjson');
  for (const seconds of [311, 312, 313])
    expect(events).toMatch(new RegExp(`which was ended: .*sleep ${seconds}`));
  expect(result.durationMs).toBeLessThan(60_000);
});
