import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Span } from '../../../../common/span.ts';
import { readRecord } from '../../../../main/record/read-record.ts';
import { runTimeOf, worstClock } from '../../../../main/record/timeline/node-clock.ts';
import { timelineOf } from '../../../../main/record/timeline/timeline.ts';

const text = readFileSync(join(import.meta.dirname, '../run-of-0.2.0.json'), 'utf8');
const record = readRecord(text, 'r');
const { startedAt } = record;

describe('the time on a node', () => {
  const at = (clocks: typeof record.clocks, epochMs: number) => runTimeOf({ startedAt, clocks }, 0, epochMs);
  const one = { node: 0, atMs: 100, offsetMs: 3000, uncertaintyMs: 2 };

  test('is not known where its clock was never looked at', () => {
    expect(at([], startedAt)).toBeUndefined();
    expect(at([{ ...one, node: 1 }], startedAt)).toBeUndefined();
  });

  test('is corrected by how far its clock was ahead or behind, before and after the measure', () => {
    for (const later of [0, 100, 5000])
      expect(at([one], startedAt + 3000 + later)).toEqual({ atMs: later, uncertaintyMs: 2 });
    expect(at([{ ...one, offsetMs: -3000 }], startedAt - 2500)?.atMs).toBe(500);
  });

  test('between two measures goes evenly from one to the other', () => {
    const slow = [one, { ...one, atMs: 1100, offsetMs: 3003 }];
    const middle = at(slow, startedAt + 600 + 3001.5);
    expect(middle?.atMs).toBeCloseTo(600);
    expect(middle?.uncertaintyMs).toBe(2);
    expect(at(slow, startedAt + 1100 + 3003)?.atMs).toBeCloseTo(1100);
    expect(at(slow, startedAt + 2000 + 3003)?.atMs).toBeCloseTo(2000);
  });

  test('of a clock that was set in between is as uncertain as that, and the surer of two', () => {
    const back = [one, { ...one, atMs: 9100, offsetMs: 0 }];
    expect(at(back, startedAt + 3050), 'before it was set').toEqual({ atMs: 50, uncertaintyMs: 2 });
    expect(at(back, startedAt + 9500), 'after the second look').toEqual({ atMs: 9500, uncertaintyMs: 2 });
    const during = at(back, startedAt + 6000);
    expect(during?.uncertaintyMs).toBe(3002);
    expect(during?.atMs).toBeGreaterThan(100);
    expect(during?.atMs).toBeLessThan(9100);
    const twice = [one, { ...one, atMs: 1100, offsetMs: 0 }];
    expect(at(twice, startedAt + 2000), 'the second time that it was 2 s').toEqual({
      ...{ atMs: 2000, uncertaintyMs: 2 },
    });
  });

  test('of what a node wrote before the run began is negative', () =>
    expect(at([one], startedAt - 1000)?.atMs).toBe(-4000));
});

test('of the looks at a clock the one counts that is furthest off for sure, else the surest', () => {
  const look = (offsetMs: number, uncertaintyMs: number) => ({ node: 0, atMs: 0, offsetMs, uncertaintyMs });
  const worst = (...clocks: ReturnType<typeof look>[]) => worstClock({ clocks }, 0)?.offsetMs;
  expect(worst(look(30, 52), look(1, 17), look(-3, 20))).toBe(1);
  expect(worst(look(30, 52), look(-40, 5), look(60, 30))).toBe(-40);
  expect(worst()).toBeUndefined();
});

describe('the timeline', () => {
  test('has a lane for the run, one for its checks and one for each node', () => {
    const { lanes, endMs } = timelineOf(record);
    const named = lanes.map(({ name, rows }) => [name, rows.flat().map((span) => span.name)]);
    expect(named).toEqual([
      ['run', ['config', 'machines', 'setup', 'check']],
      ['checks', ['answers', 'survives a restart']],
      ['n0', ['connect', 'setup', "snapshot 'before'", 'collect']],
      ['n1', ['connect', 'reboot']],
    ]);
    expect(endMs).toBe(3500);
  });

  test('puts what overlaps into rows of its own', () => {
    const fault = (name: string, startMs: number, durationMs: number): Span => ({
      ...{ kind: 'fault', name, node: 0, startMs, durationMs, verdict: 'pass' },
    });
    const spans = [fault('a', 0, 10), fault('c', 10, 5), fault('b', 5, 10), fault('d', 15, 1)];
    const lane = timelineOf({ ...record, spans }).lanes.find(({ node }) => node === 0);
    expect(lane?.rows.map((row) => row.map(({ name }) => name))).toEqual([['a', 'c', 'd'], ['b']]);
  });

  test('orders what nodes wrote by when it was, whatever their clocks said', () => {
    const clocks = [
      { node: 0, atMs: 0, offsetMs: 60_000, uncertaintyMs: 1 },
      { node: 1, atMs: 0, offsetMs: -60_000, uncertaintyMs: 1 },
    ];
    const events = [{ kind: 'failure', name: 'check', atMs: 250, message: 'no quorum' }] as const;
    const { moments } = timelineOf({ ...record, clocks, events }, [
      { node: 1, epochMs: startedAt - 60_000 + 300, text: 'lost my leader' },
      { node: 0, epochMs: startedAt + 60_000 + 200, text: 'panic' },
      { node: 7, epochMs: startedAt, text: 'nobody asked me for the time' },
    ]);
    expect(moments.map(({ atMs, text }) => [atMs, text])).toEqual([
      [200, 'panic'],
      [250, 'no quorum'],
      [300, 'lost my leader'],
    ]);
  });
});
