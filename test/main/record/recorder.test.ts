import { describe, expect, test } from 'vitest';
import { InterruptedError, ShakedownError, UsageError } from '../../../common/errors.ts';
import type { RunEventBody } from '../../../common/events.ts';
import { bounds } from '../../../main/record/bounds.ts';
import { readRecord } from '../../../main/record/read-record.ts';
import { Recorder } from '../../../main/record/recorder.ts';

const facts = {
  id: 'r1',
  scenario: 'etcd',
  directory: '/s',
  provider: 'nspawn',
  nodes: [{ id: 0, name: 'n0', address: '10.0.0.2' }],
  versions: { shakedown: '0.2.0', node: 'v24' },
};
const machine = { id: 0, address: '10.0.0.2' };
const unaborted = new AbortController().signal;

function recorder() {
  let now = 1000;
  const events: RunEventBody[] = [];
  const record = new Recorder(
    (event) => events.push(event),
    () => now,
  );
  return { record, events, wait: (ms: number) => (now += ms) };
}

describe('the recorder', () => {
  test('adds what is known later of a failure wherever that is told, and nowhere else', async () => {
    const { record } = recorder();
    const fail = (message: string) =>
      record
        .step('start', () => Promise.reject(new ShakedownError({ message })), machine)
        .catch(record.fail.bind(record));
    await fail('the connection was lost: closed ($&)');
    await fail('something else');
    record.explain('was lost: closed ($&)', 'it has booted $1');
    const { failures, spans } = record.result(facts);
    const told = ['the connection was lost: closed ($&); it has booted $1', 'something else'];
    expect(failures.map(({ message }) => message)).toEqual(told);
    expect(spans.map(({ message }) => message)).toEqual(told);
  });

  test('keeps a step as a span, with its node, its time and why it failed', async () => {
    const { record, wait } = recorder();
    await record.step('machines', async () => wait(30));
    await record
      .step(
        'start',
        async () => {
          wait(5);
          throw new ShakedownError({ message: 'not ready', verdict: 'fail' });
        },
        machine,
      )
      .catch((error) => record.fail(error));
    const { spans, failures, events, verdict, exitCode } = record.result(facts);
    expect(spans).toEqual([
      { kind: 'phase', name: 'machines', startMs: 0, durationMs: 30, verdict: 'pass' },
      {
        ...{ kind: 'phase', name: 'start', node: 0, startMs: 30, durationMs: 5 },
        ...{ verdict: 'fail', message: 'not ready' },
      },
    ]);
    expect(failures).toMatchObject([{ message: 'not ready', node: 0, address: '10.0.0.2', phase: 'start' }]);
    expect(events).toEqual([{ kind: 'failure', name: 'start', node: 0, atMs: 35, message: 'not ready' }]);
    expect([verdict, exitCode]).toEqual(['fail', 1]);
  });

  test('gives the phases of all nodes together, the checks and the acts as users know them', async () => {
    const { record, wait } = recorder();
    await record.step('install', async () => wait(10), machine);
    wait(5);
    await record.step('install', async () => wait(10), { id: 1, address: '10.0.0.3' });
    record.machineAct({ node: 1, act: 'snapshot', name: 's', startMs: 7, durationMs: 2, verdict: 'pass' });
    wait(100);
    record.checkEnded(unaborted)({
      ...{ name: 'a', kind: 'test', file: 'a.check.ts', verdict: 'fail', durationMs: 40, message: 'no' },
    });
    const { phases, checks, machineActs } = record.result(facts);
    expect(phases).toEqual([
      { phase: 'install', node: 0, startMs: 0, durationMs: 10, verdict: 'pass' },
      { phase: 'install', node: 1, startMs: 15, durationMs: 10, verdict: 'pass' },
      { phase: 'install', startMs: 0, durationMs: 25, verdict: 'pass' },
    ]);
    expect(checks).toEqual([
      {
        ...{ name: 'a', kind: 'test', file: 'a.check.ts', verdict: 'fail', message: 'no' },
        ...{ startMs: 85, durationMs: 40 },
      },
    ]);
    expect(machineActs).toEqual([
      { node: 1, act: 'snapshot', name: 's', startMs: 7, durationMs: 2, verdict: 'pass' },
    ]);
  });

  test('counts what nodes did apart and what was done for all at once', async () => {
    const { record, wait } = recorder();
    await record.step('setup', async () => wait(10), machine);
    await record.step('setup', async () => wait(7));
    const whole = record.result(facts).phases.filter(({ node }) => node === undefined);
    expect(whole.map(({ startMs, durationMs }) => [startMs, durationMs])).toEqual([
      [0, 10],
      [10, 7],
    ]);
  });

  test('takes a failure once, leaves out what was broken off, and ends with the code of a mistake or Ctrl-C', () => {
    const { record } = recorder();
    const error = new ShakedownError({ message: 'once' });
    for (const each of [error, error]) record.fail(each);
    record.fail(new DOMException('aborted', 'AbortError'), true);
    expect(record.failures.map(({ message }) => message)).toEqual(['once']);
    expect(record.exitCode).toBe(3);
    record.fail(new UsageError('mistake'));
    expect([record.exitCode, record.verdict]).toEqual([2, 'error']);
    record.fail(new InterruptedError());
    expect(record.exitCode).toBe(130);
  });

  test('keeps when a service died, and the first look at a clock as well as the last', () => {
    const { record, events, wait } = recorder();
    record.clockMeasured({ node: 0, offsetMs: 12, uncertaintyMs: 0.5 });
    wait(50);
    record.serviceDied(machine)({ name: 'etcd', exitCode: 2, signal: null, agoMs: 0, lastLines: ['panic'] });
    wait(50);
    record.clockMeasured({ node: 0, offsetMs: 14, uncertaintyMs: 0.5 });
    const result = record.result(facts);
    expect(result.clocks.map(({ atMs, offsetMs }) => [atMs, offsetMs])).toEqual([
      [0, 12],
      [100, 14],
    ]);
    expect(result.events.map(({ kind, name, atMs }) => [kind, name, atMs])).toEqual([
      ['service-died', 'etcd', 50],
      ['failure', 'run', 50],
    ]);
    expect(events.map(({ type }) => type)).toEqual(['clock-measured', 'failure', 'clock-measured']);
  });

  test('the first cause is what happened first, though it was told later', () => {
    const { record, events, wait } = recorder();
    wait(5000);
    const other = { id: 1, address: '10.0.0.3' };
    record.serviceDied(other)({ name: 'b', exitCode: 1, signal: null, agoMs: 20, lastLines: [] });
    wait(400);
    // It has a long log, which was read meanwhile.
    record.serviceDied(machine)({ name: 'a', exitCode: 2, signal: null, agoMs: 900, lastLines: ['long'] });
    wait(100);
    record.fail(new ShakedownError({ message: 'a check' }));
    const { failures, verdict, events: happened } = record.result(facts);
    expect(failures.map(({ message, at }) => [message, at])).toEqual([
      ["service 'a' ended unasked with exit code 2", 5500],
      ["service 'b' ended unasked with exit code 1", 5980],
      ['a check', 6500],
    ]);
    expect(verdict).toBe('fail');
    const told = events.flatMap((event) => (event.type === 'failure' ? [event.first] : []));
    expect(told).toEqual([true, true, false]);
    expect(happened.map(({ kind, name, atMs }) => [kind, name, atMs])).toEqual([
      ['service-died', 'a', 4500],
      ['failure', 'run', 4500],
      ['service-died', 'b', 4980],
      ['failure', 'run', 4980],
      ['failure', 'run', 5500],
    ]);
  });

  test('of a service whose end nobody was told, that is said, and what to do', () => {
    const { record } = recorder();
    const unknown = { exitCode: null, signal: null, agoMs: 0, lastLines: ['bye'] };
    record.serviceDied(machine)({ name: 'web', ...unknown });
    expect(record.failures[0]).toMatchObject({
      message: "service 'web' ended unasked; how it ended nobody was told",
      hint: expect.stringContaining("'shakedown rerun --from start'"),
      lastLines: ['bye'],
    });
    record.serviceDied(machine)({ name: 'web', ...unknown, exitCode: 0 });
    expect(record.failures[1]?.message).toBe("service 'web' ended unasked with exit code 0");
    expect(record.failures[1]).not.toHaveProperty('hint');
    record.serviceDied(machine)({ name: 'db', ...unknown, signal: 'SIGSEGV', restarted: true });
    expect(record.failures[2]?.message).toBe(
      "service 'db' ended unasked by signal SIGSEGV; systemd started it again by itself",
    );
  });

  test('no failure is from before the run, or from a time to come', () => {
    const { record, wait } = recorder();
    wait(50);
    for (const at of [3, 99_999]) record.fail(new ShakedownError({ message: 'odd', at }));
    expect(record.failures.map(({ at }) => at)).toEqual([1000, 1050]);
  });

  test('a node that was lost is a failure from when it was last heard, told once by all that misses it', () => {
    const { record, wait, events } = recorder();
    wait(30_000);
    record.serviceDied({ id: 1, address: '10.0.0.3' })({
      ...{ name: 'b', exitCode: 1, signal: null, agoMs: 0, lastLines: [] },
    });
    wait(15_000);
    const lost = new ShakedownError({ message: 'the connection was lost: timeout', at: 26_000 });
    record.nodeLost(machine, lost);
    record.nodeLost(machine, lost);
    record.explain('the connection was lost: timeout', 'it has booted again');
    record.fail(lost.with({ node: 0, phase: 'start' }));
    expect(record.failures).toMatchObject([
      {
        node: 0,
        address: '10.0.0.2',
        phase: 'start',
        at: 26_000,
        message: expect.stringContaining('booted again'),
      },
      { node: 1 },
    ]);
    expect(record.failures).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'failure')).toHaveLength(2);
  });

  test('cuts what is longer than a record may hold, and says so; what it writes can be read', () => {
    const { record } = recorder();
    const long = 'x'.repeat(bounds.detail + 5);
    record.checkEnded(unaborted)({
      ...{ name: long, kind: 'test', verdict: 'fail', durationMs: 0, message: long, detail: long },
    });
    record.fail(
      new ShakedownError({ message: long, command: long, lastLines: Array(bounds.lines + 1).fill(long) }),
    );
    record.span({
      ...{ kind: 'fault', name: 'drop port 2379', type: 'dropPort', node: 0 },
      ...{ startMs: 0, durationMs: 5, verdict: 'pass', by: 'a check' },
    });
    const result = record.result(facts);
    expect(result.checks[0]?.detail?.length).toBeLessThanOrEqual(bounds.detail);
    expect(result.checks[0]?.detail).toMatch(/x\n… and \d+ characters more$/);
    const { checks: _checks, phases: _phases, ...own } = result;
    expect(readRecord(JSON.stringify(result), 'r1')).toEqual(own);
  });
});
