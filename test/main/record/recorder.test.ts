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
    record.serviceDied(machine)({ name: 'etcd', exitCode: 2, signal: null, lastLines: ['panic'] });
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
