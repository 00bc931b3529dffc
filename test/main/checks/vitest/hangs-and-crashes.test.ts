import { beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../../../common/results.ts';
import { FakeCluster } from '../../../fakes/cluster-under-test.ts';
import { Listener, named, outcomes, runCheckFiles, ScenarioFolder, withImports } from '../check-files.ts';

describe('a test that does not end', () => {
  let results: readonly CheckResult[];
  let limits: { readonly testTimeout: number; readonly own: number; readonly loadTimeout: number };

  beforeAll(async () => {
    const begin = performance.now();
    await runCheckFiles({ 'a.check.ts': "test('x', () => {});" });
    // What is on time here and now: on a busy main host a process gets no time at all for seconds.
    const took = (performance.now() - begin) / 1000;
    const [testTimeout, own] = took < 1.5 ? [0.5, 0.1] : [Math.ceil(took) + 1, Math.ceil(took)];
    limits = { testTimeout, own, loadTimeout: Math.max(8, Math.ceil(4 * took)) };
    results = await runCheckFiles(
      {
        'a.check.ts': `
          test('passes before', () => {});
          test('fails before', () => expect(1).toBe(2));
          test('blocks its process', () => { while (true) {} });
          test('comes after', () => {});
        `,
        'b.check.ts': `
          test('waits for ever', () => new Promise(() => {}));
          test('has a limit of its own', { timeout: ${own * 1000} }, () => new Promise(() => {}));
          test('still runs', () => {});
        `,
        'c.check.ts': "await new Promise(() => {}); test('x', () => {});",
        'd.check.ts': "test('the last file', () => {});",
      },
      limits,
    );
  });

  test('is ended, and the other tests and files go on', () => {
    expect(outcomes(results)).toEqual([
      'pass passes before',
      'fail fails before',
      'fail blocks its process',
      'skip comes after',
      'fail waits for ever',
      'fail has a limit of its own',
      'pass still runs',
      'fail config/checks/c.check.ts',
      'pass the last file',
    ]);
  });

  test('is a failure that says how long it had', () => {
    expect(named(results, 'waits for ever').message).toBe(
      `the test did not finish within ${limits.testTimeout} s`,
    );
    expect(named(results, 'has a limit of its own').message).toBe(
      `the test did not finish within ${limits.own} s`,
    );
  });

  test('is named when it blocks its process, even with `while (true) {}`', () => {
    expect(named(results, 'blocks its process').message).toBe(
      `'blocks its process' hung: it did not finish within ${limits.testTimeout} s, blocked its process and was ended`,
    );
    expect(named(results, 'comes after').message).toBe("not run: 'blocks its process' hung");
  });

  test('does not take the outcome of those before it along', () => {
    expect(named(results, 'fails before').message).toMatch(/^expected 1 to be 2/);
  });

  test('is noticed while the file is loaded, too', () => {
    expect(named(results, 'config/checks/c.check.ts').message).toBe(
      `the file did not finish loading within ${limits.loadTimeout} s`,
    );
  });
});

describe('a check that ends its own process', () => {
  let results: readonly CheckResult[];

  beforeAll(async () => {
    results = await runCheckFiles({
      'a.check.ts': `
        test('exits', () => process.exit(3));
        test('still runs', () => {});
        test('is killed', async () => { process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}); });
        test('never ran', () => {});
      `,
      'b.check.ts': `
        test('forgets a promise', async () => {
          Promise.reject(new Error('nobody waits for me'));
          await new Promise((resolve) => setTimeout(resolve, 50));
        });
      `,
    });
  });

  test('hurts neither the run nor the next file', () => {
    expect(outcomes(results)).toEqual([
      'fail exits',
      'pass still runs',
      'error is killed',
      'skip never ran',
      'pass forgets a promise',
      'fail forgets a promise',
    ]);
  });

  test('is told what it did', () => {
    expect(named(results, 'exits').message).toBe('the check called process.exit with code 3');
    expect(named(results, 'is killed').message).toMatch(/its process ended unexpectedly/);
    expect(named(results, 'never ran').message).toBe('not run: the process of its file ended');
  });

  test('an error that nothing caught is a failure, not a silent pass', () => {
    const stray = results.find(({ verdict, name }) => name === 'forgets a promise' && verdict === 'fail');
    expect(stray?.message).toContain("nothing caught in or after 'forgets a promise': nobody waits for me");
    expect(stray?.detail).toContain('at config/checks/b.check.ts:4:');
  });
});

describe('the end of all checks', () => {
  const source = withImports(`
    test('passes', () => {});
    test('takes too long', { timeout: 60_000 }, async ({ cluster }) => cluster.node(0).sh('sleep'));
    test('never ran', () => {});
  `);
  const shell = (command: string) => (command === 'sleep' ? new Promise<never>(() => {}) : undefined);

  test('comes when their time is up: what runs fails, the rest is not run', async () => {
    using folder = new ScenarioFolder();
    await using host = folder.start(folder.write({ 'a.check.ts': source }));
    const { signal } = new AbortController();
    const results = await host.run(new FakeCluster({ shell }), new Listener(), { signal, timeout: 6 });
    expect(outcomes(results)).toEqual(['pass passes', 'fail takes too long', 'skip never ran']);
    expect(named(results, 'takes too long').message).toBe(
      "still running when the checks' time limit of 6 s was reached",
    );
  });

  test('comes when the run is interrupted: what runs is an error, and no process is left', async () => {
    using folder = new ScenarioFolder();
    await using host = folder.start(folder.write({ 'a.check.ts': source }));
    const interrupt = new AbortController();
    const listener = new Listener();
    listener.started = (name) => {
      if (name === 'takes too long') interrupt.abort(new Error('interrupted by SIGINT'));
    };
    const { signal } = interrupt;
    const results = await host.run(new FakeCluster({ shell }), listener, { signal, timeout: 60 });
    expect(outcomes(results)).toEqual(['pass passes', 'error takes too long', 'skip never ran']);
    expect(named(results, 'takes too long').message).toBe('not finished: interrupted by SIGINT');
  });
});
