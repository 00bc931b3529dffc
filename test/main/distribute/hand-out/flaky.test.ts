import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { printSummary } from '../../../../main/distribute/face/summary.ts';
import { historyFile, readHistory } from '../../../../main/distribute/history/history-file.ts';
import type { DistributeResult } from '../../../../main/distribute/results/distribute-result.ts';
import { place, verdicts } from '../place.ts';

const sh = { files: 'test/*.sh', command: 'sh {file}', localRunners: 2 };

/** Fails so many times, and then passes: a file beside the project on the node remembers. */
const failing = (times: number, name = 'count') =>
  `echo >> ../${name}; [ $(wc -l < ../${name}) -gt ${times} ] || { echo "wrong $SHAKEDOWN_RUNNER_ID"; exit 1; }`;

/** A test command that leaves what a file prints as its report. */
const report = { files: 'test/*.sh', command: 'sh {file} > {report}; ! grep -q "<failure" {report}' };

const summary = (result: DistributeResult): string => {
  let text = '';
  const stdout = { write: (more: string) => (text += more) };
  printSummary(result, { cwd: '/', stdout, env: {} });
  return text;
};

describe('a file that fails', () => {
  test('is run again on another runner; where it passes it is named as flaky', async () => {
    const { run, left, results } = place({ 'test/a.sh': failing(1), 'test/b.sh': 'true' });
    const result = await run({ ...sh, retries: 2 });
    expect(result).toMatchObject({ verdict: 'pass', exitCode: 0 });
    const [a, b] = result.files;
    expect(a).toMatchObject({ verdict: 'pass', flaky: true, others: [{ verdict: 'fail' }] });
    expect(a?.others?.[0]?.ran?.runner).not.toBe(a?.ran?.runner);
    expect(b?.others).toBeUndefined();
    expect(results.map(({ message }) => message)).toContain('it exits with 1; it is run once more');
    expect(result.flaky).toMatchObject([{ file: 'test/a.sh', failed: 1, of: 2 }]);
    expect(left(result, 'junit.xml')).toMatch(
      /<testcase name="test\/a.sh"[^>]*>\s*<flakyFailure message="it exits with 1">/,
    );
    expect(summary(result)).toMatch(/flaky test\/a.sh failed 1 of 2 times; in 1 of 1 run since \d{4}-/);
  });

  test('each time fails; its reruns are in the report', async () => {
    const { run, left } = place({ 'test/a.sh': 'exit 3' });
    const result = await run(sh, { retries: 2 });
    expect(result.files).toMatchObject([{ verdict: 'fail', others: [{}, {}] }]);
    expect(result.flaky).toEqual([]);
    const xml = left(result, 'junit.xml');
    expect([xml.match(/<failure/g), xml.match(/<rerunFailure/g)].map((all) => all?.length)).toEqual([1, 2]);
  });

  test('is run again by the only runner, too', async () => {
    const { run } = place({ 'test/a.sh': failing(1) });
    expect((await run({ ...sh, localRunners: 1, retries: 1 })).verdict).toBe('pass');
  });

  test('for one of its tests: it is named, with since when and how often', async () => {
    const one = (body: string) => `<testcase name="one">${body}</testcase>`;
    const xml = (body: string) => `<testsuite name="s">${one(body)}<testcase name="two"/></testsuite>`;
    const bad = xml('<failure message="no"/>');
    const { run, left, directory } = place({
      'test/a.sh': `echo >> ../n; [ $(($(wc -l < ../n) % 2)) = 0 ] && echo '${xml('')}' || echo '${bad}'`,
    });
    const config = { ...report, localRunners: 2, retries: 1 };
    const first = await run(config);
    expect(first.flaky).toMatchObject([{ file: 'test/a.sh', test: 'one', message: 'no' }]);
    expect(left(first, 'junit.xml')).toMatch(/<testcase name="one"[^>]*>\s*<flakyFailure message="no"/);
    await run(config);
    expect(readHistory(historyFile(directory))['test/a.sh']).toMatchObject({
      runs: 2,
      flaky: { one: { times: 2, runsBefore: 0, since: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) } },
    });
  });

  test('with too many others is not run again: something is broken', async () => {
    const { run } = place({
      ...Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`test/${index}.sh`, 'exit 1'])),
      'test/good.sh': 'true',
    });
    const result = await run({ ...sh, localRunners: 1, retries: 3, retryBudget: '20%' });
    expect(result.notRetried).toMatch(
      /^\d+ of 10 files have failed, which is more than the retry budget of 20%: something is broken/,
    );
    expect(summary(result)).toContain('! 3 of 10 files have failed');
    // Two of them are within the budget.
    const runs = result.files.map(({ others = [] }) => others.length);
    expect(runs.reduce((sum, each) => sum + each)).toBeLessThanOrEqual(6);
  });

  test('on a broken runner only is not flaky', async () => {
    const good = 'until [ "$(wc -l < $FAILED)" -ge 5 ]; do sleep 0.05; done';
    const text = `[ "$NODE" = good ] || { echo >> "$FAILED"; exit 1; }; ${good}`;
    const files = Array.from({ length: 24 }, (_, index) => [`test/${index}.sh`, text]);
    const { run, home, write } = place(Object.fromEntries(files));
    write('../home/failed', '');
    const FAILED = join(home, 'failed');
    const nodes = ['bad', 'good'].map((NODE) => ({ NODE, FAILED }));
    const config = {
      files: 'test/*.sh',
      command: 'sh {file}',
      nodes: ['10.99.0.0', '10.99.0.1'],
      runners: 1,
    };
    const result = await run({ ...config, retries: 1 }, { nodes });
    expect(result).toMatchObject({ verdict: 'pass', broken: ['0_0'], flaky: [] });
  });
});

describe('a new file', () => {
  test('is run several times, and is to pass each time', async () => {
    const { run, write } = place({ 'test/a.sh': 'echo >> ../a' });
    const config = { ...sh, newRepeat: 3 };
    expect((await run(config)).files[0]?.others, 'where nothing is known no file is new').toBeUndefined();
    write('test/good.sh', 'true');
    write('test/new.sh', failing(1));
    const result = await run({ ...config, retries: 5 });
    expect(verdicts(result)).toEqual({ 'test/a.sh': 'pass', 'test/good.sh': 'pass', 'test/new.sh': 'fail' });
    const [, good, bad] = result.files;
    expect([good?.others?.length, bad?.others?.length]).toEqual([2, 2]);
    expect(bad?.message).toBe('it is new, and failed 1 of 3 times: it exits with 1');
    expect((await run(config)).files.map(({ others }) => others)).toEqual([undefined, undefined, undefined]);
  });
});

describe('the quarantine', () => {
  const rule = { owner: 'anna', until: '2999-12-31', reason: 'flickers' };

  test('of a file has its failure shown, and not counted', async () => {
    const { run, left } = place({ 'test/a.sh': 'exit 1', 'test/b.sh': 'true' });
    const quarantine = [{ ...rule, file: 'test/a.sh' }];
    const result = await run({ ...sh, retries: 1, quarantine }, { failFast: true });
    expect(verdicts(result)).toEqual({ 'test/a.sh': 'skip', 'test/b.sh': 'pass' });
    expect(result).toMatchObject({ exitCode: 0, quarantine: { expired: [], unmatched: [] } });
    const told = 'its failure does not count until 2999-12-31 (anna: flickers): it exits with 1';
    expect(result.files[0]).toMatchObject({ message: told, quarantined: { verdict: 'fail' } });
    expect(left(result, 'junit.xml')).toContain(`<skipped message="${told}"/>`);
    expect(summary(result)).toContain(`quarantined test/a.sh: ${told}`);
  });

  test('of a test leaves the others as they are', async () => {
    const bad = (name: string) => `<testcase name="${name}"><failure message="no"/></testcase>`;
    const { run } = place({
      'test/a.sh': `echo '<testsuite name="s">${bad('one')}<testcase name="two"/></testsuite>'`,
      'test/b.sh': `echo '<testsuite name="s">${bad('one')}${bad('two')}</testsuite>'`,
    });
    const command = 'sh {file} > {report}; ! grep -q "<failure" {report}';
    const quarantine = [{ ...rule, test: 'one' }];
    const result = await run({ ...sh, command, quarantine });
    expect(result.files).toMatchObject([
      { verdict: 'pass', tests: [{ verdict: 'skip' }, { verdict: 'pass' }] },
      { verdict: 'fail', tests: [{ verdict: 'skip' }, { verdict: 'fail' }] },
    ]);
  });

  test('that is over, or matches nothing, is told', async () => {
    const { run, notes } = place({ 'test/a.sh': 'exit 1', 'test/b.sh': 'true' });
    const over = { ...rule, file: 'test/a.sh', until: '2020-02-29' };
    const nowhere = { ...rule, file: 'test/gone.sh' };
    const noSuch = { ...rule, file: 'test/b.sh', test: 'nine' };
    const result = await run({ ...sh, quarantine: [over, nowhere, noSuch] });
    expect(verdicts(result)).toMatchObject({ 'test/a.sh': 'fail' });
    expect(result.quarantine).toEqual({ expired: [over], unmatched: [nowhere, noSuch] });
    expect(notes).toContain(
      'the quarantine of test/a.sh ended on 2020-02-29: its failures count again (anna: flickers)',
    );
    expect(summary(result)).toMatch(/! the quarantine of test\/b.sh: nine matches nothing: .*\(anna\)/);
  });
});
