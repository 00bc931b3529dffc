import { describe, expect, test } from 'vitest';
import { htmlSchedule } from '../../../../main/distribute/schedule/html-schedule.ts';
import { chartOf } from '../../../../main/distribute/schedule/lanes.ts';
import { type RanFile, type RanProcess, scheduleOf } from '../../../../main/distribute/schedule/schedule.ts';
import type { RunRecord } from '../../../../main/record/run-record.ts';

const file = (name: string, durationMs: number, verdict: RanFile['verdict'] = 'pass'): RanFile => ({
  ...{ file: name, durationMs, verdict },
});

const process = (runner: string, startedAt: number, took: number, files: readonly RanFile[]): RanProcess => ({
  ran: { node: Number(runner[0]), runner, startedAt, with: files.map((each) => each.file), output: 'o' },
  took,
  files,
});

const hook = (name: string, startedAt: number, took: number, runner?: string) => ({
  ...{ name, node: 0, startedAt, took, failed: name === 'node_teardown' },
  ...(runner !== undefined && { runner }),
});

describe('what ran, on one axis', () => {
  const processes = [
    process('0_10', 1300, 600, [file('a', 300), file('b', 200, 'fail')]),
    process('0_2', 1200, 400, [file('c', 600), file('d', 200)]),
    process('1_0', 1500, 100, []),
  ];
  const hooks = [hook('node_setup', 1000, 100), hook('runner_setup', 1100, 50, '0_2')];
  const chart = chartOf(processes, hooks);

  test('has a lane for each runner, by nodes, from the first hook to the last end', () => {
    expect(chart).toMatchObject({ endMs: 900, testsMs: 200 });
    expect(chart.nodes.map(({ id, lanes }) => [id, ...lanes.map(({ runner }) => runner)])).toEqual([
      [0, '0_2', '0_10'],
      [1, '1_0'],
    ]);
    expect(chart.nodes[0]?.hooks).toMatchObject([{ startMs: 0, tookMs: 100 }]);
    expect(chart.nodes[0]?.lanes[0]?.hooks).toMatchObject([{ startMs: 100, tookMs: 50 }]);
  });

  test('has the files of a process after its start, one after the other', () => {
    const [{ lanes: [, lane] = [] } = {}] = chart.nodes;
    expect(lane?.processes[0]?.files).toMatchObject([
      { startMs: 400, tookMs: 300, what: { file: 'a' } },
      { startMs: 700, tookMs: 200, what: { file: 'b' } },
    ]);
  });

  test('has files that ran at the same time within one process in parts of its time', () => {
    const [{ lanes: [lane] = [] } = {}] = chart.nodes;
    expect(lane?.processes[0]?.files).toMatchObject([
      { startMs: 200, tookMs: 300 },
      { startMs: 500, tookMs: 100 },
    ]);
  });

  test('is empty where nothing ran', () => expect(chartOf([], [])).toMatchObject({ nodes: [], testsMs: 0 }));
});

describe('the picture', () => {
  const run = { nodes: [{ id: 0, name: 'db<1>', address: 'a' }] } as unknown as RunRecord;
  const picture = (processes: readonly RanProcess[], hooks = [hook('node_teardown', 5000, 1000)]) => {
    const files = processes.flatMap((each) => each.files);
    const schedule = scheduleOf(
      processes,
      files.map(({ durationMs }) => durationMs),
      2,
    );
    if (!schedule) throw new Error('nothing ran');
    return htmlSchedule({ schedule, processes, hooks, files }).html(run);
  };

  test('shows each file with its verdict, each hook, the figures, and the slowest files', () => {
    const html = picture([
      process('0_0', 1000, 4000, [file('spec/a & b.rb', 3000), file('spec/c.rb', 500, 'fail')]),
      process('0_1', 1000, 3000, [file('spec/d.rb', 3000, 'error')]),
    ]);
    expect(html).toContain('title="spec/a &#38; b.rb: pass, 3.0 s"><span>a &#38; b.rb</span>');
    expect(html).toContain('<i class="fail edge" style="left:70.000%;width:10.000%"');
    expect(html).toMatch(/class="error edge"[^>]* title="spec\/d\.rb: error, 3\.0 s"/);
    expect(html).toMatch(/class="hook fail"[^>]* title="node_teardown: 1\.0 s, it failed"/);
    expect(html).toContain('db&#60;1&#62;');
    expect(html).toContain('<dt>in a row, 1.8 times as long</dt><dd>7.0 s</dd>');
    expect(html).toContain('<dt>best schedule</dt><dd>3.5 s</dd>');
    expect(html, 'where the best one would have ended').toContain(
      '<i class="best" style="left:70.000%"></i>',
    );
    expect(html.indexOf('<span>spec/a &#38; b.rb</span>')).toBeLessThan(
      html.indexOf('<span>spec/c.rb</span>'),
    );
  });

  test('tells a process that was lost, and files of one that have no result', () => {
    const lost = process('0_0', 0, 100, []);
    const part = { ...process('0_1', 0, 100, [file('a', 50)]), ran: { ...lost.ran, with: ['a', 'b'] } };
    const html = picture([lost, part]);
    expect(html).toContain('<i class="process lost"');
    expect(html).toContain('a process with 2 files, 1 of them without a result: 100 ms');
  });

  test('of 200 runners and 2,000 files has thin lanes, and is no page of megabytes', () => {
    const processes = Array.from({ length: 2000 }, (_, index) =>
      process(`0_${index % 200}`, 1000 * Math.floor(index / 200), 900, [file(`spec/f${index}_spec.rb`, 800)]),
    );
    const html = picture(processes);
    expect(html).toContain('<div class="gantt dense">');
    expect(html.match(/class="lane"><b>0_/g)).toHaveLength(200);
    expect(html.length).toBeLessThan(1_000_000);
  });
});
