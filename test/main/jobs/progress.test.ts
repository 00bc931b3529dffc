import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { progressLines } from '../../../main/commands/jobs/progress-lines.ts';
import { foldedWith } from '../../../main/jobs/progress.ts';
import { followEvents } from '../../../main/jobs/worker/follow-events.ts';
import { folder } from '../remotes/fake-node.ts';

const events = [
  { at: 5000, type: 'run-started', run: 'r', scenario: 's', directory: '/d', eventsVersion: 1 },
  { at: 5010, type: 'phase-started', phase: 'machines' },
  { at: 5020, type: 'nodes-known', nodes: [{ id: 0, name: 'db1', address: '10.0.0.2', role: 'db' }] },
  {
    at: 5030,
    type: 'phase-ended',
    timing: { phase: 'machines', startMs: 10, durationMs: 20, verdict: 'pass' },
  },
  { at: 5040, type: 'phase-started', phase: 'install' },
  { at: 5041, type: 'phase-started', phase: 'install', node: 0 },
  { at: 5050, type: 'note', message: 'downloads' },
  { at: 5060, type: 'check-started', name: 'answers' },
];

describe('the progress of an attempt', () => {
  test('begins its failures with the first cause, though that is told after what it caused', () => {
    const failure = (message: string, first: boolean) => ({
      at: 0,
      type: 'failure',
      failure: { message },
      first,
    });
    const told = [
      failure('its follower died', true),
      failure('another one', false),
      failure('it died', true),
    ];
    expect(foldedWith(undefined, told).failures).toEqual(['it died', 'its follower died', 'another one']);
  });

  test('has a check of several nodes once for each, and nothing of it runs on', () => {
    const ended = (name: string) => ({
      at: 5070,
      type: 'check-ended',
      check: { name, kind: 'tcp', verdict: 'pass', durationMs: 7 },
    });
    const names = (more: readonly unknown[]) =>
      foldedWith(foldedWith(undefined, events), more).checks.map(({ name, state }) => `${state} ${name}`);
    expect(names([ended('answers on node 0 (by ssh)'), ended('answers on node 1 (by ssh)')])).toEqual([
      'pass answers on node 0 (by ssh)',
      'pass answers on node 1 (by ssh)',
    ]);
    expect(names([ended('answers (by ssh)')])).toEqual(['pass answers (by ssh)']);
    expect(names([ended('answers late')])).toEqual(['running answers', 'pass answers late']);
  });

  test('is folded of its events: phases, each node’s, checks, failures', () => {
    const under = foldedWith(undefined, events);
    expect(under).toMatchObject({
      seen: events.length,
      phases: [
        { phase: 'machines', state: 'pass', startMs: 10, durationMs: 20 },
        { phase: 'install', state: 'running', startMs: 40, durationMs: null },
      ],
      nodes: [
        {
          ...{ id: 0, name: 'db1', address: '10.0.0.2', role: 'db' },
          phases: [{ phase: 'install', state: 'running', startMs: 41, durationMs: null }],
        },
      ],
      checks: [{ name: 'answers', state: 'running', durationMs: null }],
    });
    const check = { name: 'answers', kind: 'tcp', verdict: 'fail', durationMs: 7, message: 'silence' };
    const over = foldedWith(under, [
      { at: 5070, type: 'check-ended', check },
      { at: 5080, type: 'failure', failure: { message: 'it broke' }, first: true },
    ]);
    expect(over.checks).toEqual([{ name: 'answers', state: 'fail', durationMs: 7, message: 'silence' }]);
    expect(under.checks).toMatchObject([{ state: 'running' }]);
    expect(progressLines(over)).toEqual([
      'phases: machines pass (20 ms), install running',
      'node 0 (db1 at 10.0.0.2): install running',
      'check fail: answers (7 ms): silence',
      'first cause: it broke',
    ]);
  });

  test('of a distribution is what each runner runs, and which files failed', () => {
    const begun = (runner: string, ...files: string[]) => ({
      ...{ at: 5100, type: 'files-begun', runner, node: 'db1', files },
    });
    const result = (file: string, verdict: string, settled: number, message?: string) => ({
      ...{ at: 5200, type: 'file-result', file, verdict, durationMs: 7, settled, files: 9, message },
    });
    const under = foldedWith(undefined, [
      events[0],
      ...[begun('0_10', 'c.sh'), begun('0_2', 'a.sh', 'b.sh'), result('a.sh', 'fail', 1, 'no')],
    ]);
    expect(under.suite).toEqual({
      ...{ settled: 1, files: 9, failed: [{ file: 'a.sh', verdict: 'fail', message: 'no' }] },
      runners: [
        { runner: '0_2', node: 'db1', files: ['a.sh', 'b.sh'], sinceMs: 100, ended: 0 },
        { runner: '0_10', node: 'db1', files: ['c.sh'], sinceMs: 100, ended: 0 },
      ],
    });
    expect(progressLines(under)).toEqual([
      'test files: 1 of 9, 1 failed',
      ...['runner 0_2 on db1: a.sh b.sh', 'runner 0_10 on db1: c.sh', 'fail: a.sh: no'],
    ]);
    const ended = { at: 5300, type: 'files-ended', runner: '0_2' };
    const over = foldedWith(under, [ended, result('a.sh', 'pass', 2)]);
    expect(over.suite).toMatchObject({ settled: 2, failed: [] });
    // Each file is a check: its history tells whether it flickers.
    expect(under.checks).toEqual([{ name: 'a.sh', state: 'fail', durationMs: 7, message: 'no' }]);
    expect(over.checks).toEqual([{ name: 'a.sh', state: 'pass', durationMs: 7 }]);
    expect(over.suite?.runners[0]).toMatchObject({ files: [], sinceMs: null, ended: 2 });
  });

  test('does not grow beyond its bounds, and counts what it does not understand', () => {
    const many = Array.from({ length: 5000 }, (_, id) => [
      { at: 0, type: 'check-started', name: `${id}${'x'.repeat(5000)}` },
      { at: 0, type: 'nodes-known', nodes: [{ id, name: 'n', address: 'a' }] },
      { at: 0, type: 'failure', failure: { message: 'x'.repeat(5000) } },
    ]).flat();
    const odd = [null, 7, 'x', [], { type: 'nodes-known', nodes: 'none' }, { type: 'of tomorrow', at: 1 }];
    const folded = foldedWith(undefined, [...many, ...odd]);
    expect(folded.seen).toBe(many.length + odd.length);
    expect([folded.checks.length, folded.nodes.length, folded.failures.length]).toEqual([2000, 1000, 20]);
    expect(folded.checks[0]?.name).toHaveLength(1000);
  });
});

test('a run’s events are followed while it goes on, in whole lines, and to their end', async () => {
  const runs = join(folder(), 'runs');
  const heard: unknown[] = [];
  const following = followEvents(runs, async (told) => void heard.push(...told));
  mkdirSync(join(runs, 'r1'), { recursive: true });
  const file = join(runs, 'r1/events.ndjson');
  writeFileSync(file, '{"at":1,"type":"check-started","name":"one"}\n{"at":2,"ty');
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  appendFileSync(file, 'pe":"check-started","name":"zwölf"}\n');
  await vi.waitFor(() => expect(heard).toHaveLength(2));
  appendFileSync(file, 'cut\n{"at":3,"type":"check-started","name":"last"}\n');
  await following.end();
  expect(heard).toMatchObject([{ name: 'one' }, { name: 'zwölf' }, { name: 'last' }]);
});
