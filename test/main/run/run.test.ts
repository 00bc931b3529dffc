import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ShakedownError, UsageError } from '../../../common/errors.ts';
import type { CheckResult } from '../../../common/results.ts';
import { ConnectionLostError } from '../../../main/remotes/connection-errors.ts';
import { printSummary } from '../../../main/report/summary.ts';
import { takeDownKept } from '../../../main/run/reap/take-down.ts';
import { run } from '../../../main/run/run.ts';
import type { RunRequest } from '../../../main/run/run-request.ts';
import { FileLedger } from '../../../main/store/file-ledger.ts';
import { readKeptCluster } from '../../../main/store/kept-cluster.ts';
import { type FakeWorld, fakeScenario, fakeWorld, type Troubles } from '../../fakes/fake-world.ts';

const check = (verdict: CheckResult['verdict'], name = 'a check'): CheckResult => ({
  name,
  kind: 'test',
  verdict,
  durationMs: 1,
  message: 'expected 3 members, found 2',
});

async function take(troubles: Troubles = {}, request: Partial<RunRequest> = {}) {
  const world = fakeWorld(troubles);
  const result = await run({ scenario: fakeScenario(), flags: {}, keep: 'never', ...request }, world);
  const of = (node: number) => world.asked.filter((line) => line.split(/[ :]/).includes(String(node)));
  return { world, result, of, asked: world.asked };
}

describe('a run', () => {
  test('takes each node through the phases, checks, brings everything home and destroys the machines', async () => {
    const { result, of, asked } = await take({ checks: [check('pass')] });
    expect(result).toMatchObject({ verdict: 'pass', exitCode: 0, failures: [] });
    const prepared = ['connect 1', 'clean 1', 'install 1', 'upload 1: app.conf'];
    const started = ['startHeldBack 1', 'startService 1'];
    expect(of(1).slice(0, 7)).toEqual([...prepared, ...started, 'stopService 1']);
    expect(of(1).at(-1)).toBe('disconnect 1');
    expect(asked.indexOf('check files')).toBeGreaterThan(asked.indexOf('startService 1'));
    expect(asked.indexOf('destroy')).toBeGreaterThan(asked.indexOf('download 1: /srv/work'));
    expect(result.installed[1]).toEqual([{ name: 'etcd', version: '3' }]);
  });

  test('ends while the machines are made where no check has the wanted words in its name', async () => {
    const world = fakeWorld({
      unwanted: ['a write is read', 'a member comes back'],
      duringCreate: async (signal) => {
        while (!signal.aborted) await once(signal, 'abort');
        signal.throwIfAborted();
      },
    });
    const tcp = { kind: 'tcp', name: 'serves', port: 1, on: 'all', within: 1 } as const;
    const scenario = { ...fakeScenario(), checks: [tcp] };
    const request = { scenario, flags: {}, keep: 'never', filter: 'serfs' } as const;
    const mistake = await run(request, world).catch((error: unknown) => error);
    expect(mistake).toBeInstanceOf(UsageError);
    expect(mistake).toMatchObject({
      message: "No check has 'serfs' in its name.",
      hint: "words of one of these: 'serves', 'a write is read', 'a member comes back'",
    });
    expect(world.asked.filter((each) => each.startsWith('connect'))).toEqual([]);
  });

  test('leaves what was sent and its reports in the run directory', async () => {
    const { world } = await take();
    const latest = join(world.directory, '.shakedown/runs/latest');
    expect(readFileSync(join(world.directory, 'nodes/1/to_deploy/app.conf'), 'utf8')).toBe('node 1');
    for (const name of ['run.json', 'junit.xml', 'report.html', 'events.ndjson', 'tester.log', 'ledger']) {
      expect(existsSync(join(latest, name)), name).toBe(true);
    }
    const opened = readdirSync(latest, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('to_deploy'))
      .filter(({ parentPath, name }) => (statSync(join(parentPath, name)).mode & 0o077) !== 0);
    expect(opened.map(({ name }) => name)).toEqual([]);
    const phases = world.events.flatMap((event) =>
      event.type === 'phase-ended' ? [event.timing.phase] : [],
    );
    expect(new Set(phases)).toEqual(
      new Set([
        'config',
        'machines',
        'connect',
        'clean',
        'install',
        'ship',
        'setup',
        'start',
        'check',
        'stop',
        'collect',
        'destroy',
      ]),
    );
  });
});

describe('machines that were there before', () => {
  test('are given back, beside others that were made, before all are given up', async () => {
    const { asked, world } = await take({ borrowed: [1] });
    expect(asked.filter((line) => line === 'clean 0')).toHaveLength(1);
    expect(asked.filter((line) => line === 'clean 1')).toHaveLength(2);
    expect(asked.indexOf('destroy')).toBeGreaterThan(asked.lastIndexOf('clean 1'));
    const ledger = readFileSync(join(world.directory, '.shakedown/runs/latest/ledger'), 'utf8');
    expect(ledger.match(/"kind":"borrowed-node","id":"[0-9a-f]{6}\/1"/g)).toHaveLength(1);
    expect(new FileLedger(join(world.directory, '.shakedown/runs/latest')).openEntries()).toEqual([]);
  });

  test('that cannot be given back keep nothing from being destroyed', async () => {
    const { asked, result } = await take({
      borrowed: [1],
      duringChecks: (world) => world.break('clean 1', new ShakedownError({ message: 'no route' })),
    });
    expect(asked).toContain('destroy');
    expect(result.failures[0]).toMatchObject({ message: 'no route', phase: 'destroy' });
  });

  test('are given back by down, too', async () => {
    const { world, asked } = await take({ borrowed: [1] }, { keep: 'always' });
    asked.length = 0;
    const [line] = await takeDownKept(world.directory, world);
    expect(line).toMatch(/^destroyed the 1 and gave back the 1 fake machines/);
    expect(asked).toEqual(['connect 1', 'clean 1', 'disconnect 1', 'destroy']);
  });
});

test('each node’s clock is looked at when it is connected and at the end; one that is far off is told', async () => {
  const { result, world } = await take({ clockAhead: { 1: -60_000 } });
  const looks = (node: number) => result.clocks.filter((each) => each.node === node);
  expect([looks(0).length, looks(1).length]).toEqual([2, 2]);
  for (const { offsetMs } of looks(1)) expect(Math.abs(offsetMs + 60_000)).toBeLessThan(5000);
  const told = world.events.flatMap((event) =>
    event.type === 'note' && event.message.includes('clock') ? [[event.node, event.message]] : [],
  );
  expect(told[0]).toEqual([1, "its clock is 60 s behind the main host's"]);
  expect(told.every(([node]) => node === 1)).toBe(true);
});

describe('the verdict', () => {
  test('is fail, exit 1, when a check fails', async () => {
    const { result } = await take({ checks: [check('pass'), check('fail', 'members')] });
    expect(result).toMatchObject({ verdict: 'fail', exitCode: 1 });
    expect(result.failures[0]?.message).toBe("check 'members': expected 3 members, found 2");
  });

  test('is error, exit 3, when a node is lost under a check', async () => {
    const { result } = await take({ checks: [check('error')] });
    expect(result).toMatchObject({ verdict: 'error', exitCode: 3 });
  });

  test('is fail when a service ends unasked, whatever the checks say', async () => {
    const died = { name: 'app', exitCode: 9, signal: null, agoMs: 0, lastLines: ['so long'] };
    const { result } = await take({ duringChecks: (world) => world.die(1, died), checks: [check('pass')] });
    expect(result).toMatchObject({ verdict: 'fail', exitCode: 1 });
    expect(result.failures[0]).toMatchObject({ node: 1, lastLines: ['so long'] });
  });

  test('is error when a node is lost while the work is under way, whatever misses it', async () => {
    const duringChecks = (world: FakeWorld) => {
      const died = { name: 'app', exitCode: 9, signal: null, agoMs: 0, lastLines: [] };
      world.die(1, died);
      const message = 'the connection to 10.0.0.0 was lost: timeout';
      world.lose(0, new ConnectionLostError({ message, at: Date.now() - 20_000 }));
    };
    const { result, world } = await take({ duringChecks, checks: [check('pass')] });
    expect(result).toMatchObject({ verdict: 'error', exitCode: 3 });
    // The run is younger than that: nobody knows what came before it.
    expect(result.failures.map(({ node, at }) => [node, at === result.startedAt])).toEqual([
      [0, true],
      [1, false],
    ]);
    const first = world.events.flatMap((event) =>
      event.type === 'failure' ? [[event.failure.node, event.first]] : [],
    );
    expect(first).toEqual([
      [1, true],
      [0, true],
    ]);
  });

  test('is that of the first cause; what follows is attached to it', async () => {
    const notReady = new ShakedownError({ message: 'not ready', verdict: 'fail' });
    const stuck = new Error('will not stop');
    const { result } = await take({ call: { 'startService 0': notReady, stopService: stuck } });
    expect(result).toMatchObject({ verdict: 'fail', exitCode: 1 });
    expect(result.failures.map(({ message, phase, node }) => [phase, node, message])).toEqual([
      ['start', 0, 'not ready'],
      ['stop', 0, 'will not stop'],
      ['stop', 1, 'will not stop'],
    ]);
  });
});

describe('whatever happens, the evidence comes home and the machines go', () => {
  test('when one node cannot be reached, the others’ files are collected all the same', async () => {
    const { result, asked } = await take({ connect: { 0: new ShakedownError({ message: 'refused' }) } });
    expect(result).toMatchObject({ verdict: 'error', exitCode: 3 });
    expect(result.failures[0]).toMatchObject({
      node: 0,
      address: '10.0.0.0',
      phase: 'connect',
      message: 'refused',
    });
    expect(asked).toContain('download 1: /srv/work');
    expect(asked).not.toContain('check files');
    expect(asked.at(-2)).toBe('destroy');
  });

  test('when the machines cannot be made, what there is of them is destroyed', async () => {
    const { result, asked, world } = await take({ create: new ShakedownError({ message: 'no space' }) });
    expect(result.failures).toMatchObject([{ phase: 'machines', message: 'no space' }]);
    expect(asked).toEqual(['create', 'destroy']);
    const ledger = readFileSync(join(world.directory, '.shakedown/runs/latest/ledger'), 'utf8');
    expect(ledger.split('\n').filter(Boolean)).toHaveLength(2);
  });

  test('when making the machines takes longer than `timeouts.machines`', async () => {
    const scenario = fakeScenario();
    let ended = false;
    const duringCreate = async (signal: AbortSignal) => {
      await once(signal, 'abort');
      ended = true;
      throw signal.reason;
    };
    const timeouts = { ...scenario.timeouts, machines: 0.05 };
    const { result, asked } = await take({ duringCreate }, { scenario: { ...scenario, timeouts } });
    expect([ended, asked]).toEqual([true, ['create', 'destroy']]);
    expect(result).toMatchObject({ verdict: 'error', exitCode: 3 });
    expect(result.failures).toMatchObject([
      { phase: 'machines', message: 'making the machines did not finish within 0.05 s' },
    ]);
    expect(result.failures[0]?.hint).toContain('timeouts: { machines:');
  });

  test('when it is interrupted: exit 130', async () => {
    const { result, asked } = await take({
      duringChecks: (world) => world.interrupt(),
      checks: [check('error')],
    });
    expect(result.exitCode).toBe(130);
    expect(result.failures).toEqual([]);
    expect(asked).toContain('download 0: /srv/work');
    expect(asked).toContain('destroy');
  });

  test('when the agent is gone, the working directory is fetched without it', async () => {
    const { result, asked } = await take({
      call: { planCollection: new Error('gone'), reports: new Error('gone') },
    });
    expect(asked).toContain('download 0: /srv/work');
    expect(result.collectProblems[0]).toEqual(['listing what to collect: gone', 'reports: gone']);
  });
});

test('what of `collect` matches nothing is said as that, and not as what could not be collected', async () => {
  const { result, world } = await take({ unmatched: ['/var/log/app-*.log'] });
  expect(result.verdict).toBe('pass');
  expect(result.collectProblems).toEqual({});
  expect(result.unmatched).toEqual({ 0: ['/var/log/app-*.log'], 1: ['/var/log/app-*.log'] });
  const latest = join(world.directory, '.shakedown/runs/latest');
  expect(readFileSync(join(latest, 'tester.log'), 'utf8')).toMatch(
    /\[node 1\] nothing to collect: \/var\/log\/app-\*\.log matches nothing/,
  );
  const page = readFileSync(join(latest, 'report.html'), 'utf8');
  expect(page).toContain('Named by collect, and not there');
  expect(page).not.toContain('Not collected');
  const stdout = new PassThrough();
  printSummary(result, { stdout, env: {} });
  expect(String(stdout.read())).toContain('collect: nothing matches /var/log/app-*.log\n');
});

test('a mistake in a template is the user’s: no machine is made, nothing is sent', async () => {
  const world = fakeWorld();
  const scenario = fakeScenario(2, { template: '<{ nobody }>' });
  const failed = run({ scenario, flags: {}, keep: 'never' }, world);
  await expect(failed).rejects.toBeInstanceOf(UsageError);
  await expect(failed).rejects.toThrow(/app\.conf\.tmpl.*nobody/s);
  expect(world.asked).toEqual([]);
});

test('kept machines are marked, remembered, and used again from the phase one names', async () => {
  const { world, asked, result } = await take({}, { keep: 'always' });
  expect(asked).toContain('keep');
  expect(asked).not.toContain('destroy');
  expect(result.kept).toBeDefined();
  const kept = await readKeptCluster(world.directory);
  if (!kept) throw new Error('nothing was kept');
  expect(kept).toMatchObject({ kept: true, workingDirs: ['/srv/work', '/srv/work'] });

  const again = fakeWorld();
  await run({ scenario: fakeScenario(), flags: {}, keep: 'always', reuse: { kept, from: 'start' } }, again);
  expect(again.asked).not.toContain('create');
  expect(again.asked).not.toContain('install 0');
  const [ahead, started] = [again.asked.indexOf('release 0'), again.asked.indexOf('startService 0')];
  expect(ahead, 'what ran is stopped before what it was started with may change').toBeGreaterThan(-1);
  expect(started).toBeGreaterThan(ahead);
});

test('services of kept machines are left running, and a rerun from check goes on with them', async () => {
  const { world, asked } = await take({}, { keep: 'always' });
  expect(asked).toEqual(expect.arrayContaining(['hold 0', 'hold 1']));
  expect(asked.filter((line) => line.startsWith('stopService'))).toEqual([]);
  const kept = await readKeptCluster(world.directory);
  if (!kept) throw new Error('nothing was kept');
  const again = fakeWorld();
  await run({ scenario: fakeScenario(), flags: {}, keep: 'always', reuse: { kept, from: 'check' } }, again);
  const ofNode = again.asked.filter((line) => line.split(/[ :]/).includes('0'));
  expect(ofNode.slice(0, 2)).toEqual(['connect 0', 'resume 0']);
  expect(ofNode).toContain('startService 0');
  expect(ofNode.filter((line) => /^(release|clean|install|stopService)/.test(line))).toEqual([]);
  const notes = again.events.flatMap((event) => (event.type === 'note' ? [event.message] : []));
  expect(notes).toContain('etcd does not run; it is started');
});

test('where keep is for failures only, the services of a passing run are stopped', async () => {
  const { asked } = await take({}, { keep: 'on-failure' });
  expect(asked.filter((line) => line.startsWith('hold'))).toEqual([]);
  expect(asked).toContain('stopService 0');
  const failed = await take({ checks: [check('fail')] }, { keep: 'on-failure' });
  expect(failed.asked).toContain('hold 0');
});

test('with keep on-failure, machines of a passing run go', async () => {
  expect((await take({}, { keep: 'on-failure' })).asked).toContain('destroy');
  expect((await take({ checks: [check('fail')] }, { keep: 'on-failure' })).asked).toContain('keep');
});
