import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { RunEvent } from '../../../common/events.ts';
import type { MachineActRecord } from '../../../common/machine-acts.ts';
import type { PhaseName } from '../../../common/results.ts';
import { machineActSpan } from '../../../common/span.ts';
import type { RunRecord } from '../../../main/record/run-record.ts';
import { resultOf } from '../../../main/record/run-result.ts';
import { chooseFace } from '../../../main/report/choose-face.ts';
import { reporters } from '../../../main/report/reporters.ts';
import { printSummary } from '../../../main/report/summary.ts';
import { duration } from '../../../main/report/words.ts';

const run: RunRecord = {
  recordVersion: 2,
  id: '20261121-015203-4f2a',
  scenario: 'etcd <&>',
  directory: '/scenario',
  verdict: 'fail',
  exitCode: 1,
  startedAt: 0,
  durationMs: 65_000,
  provider: 'nspawn',
  nodes: [{ id: 0, name: 'node0', address: '10.0.0.2' }],
  failures: [
    {
      message: "service 'etcd' was not ready",
      verdict: 'fail',
      node: 0,
      address: '10.0.0.2',
      phase: 'start',
      lastLines: ['panic: <no>\u0001'],
      log: 'nodes/0/logs/etcd.log',
      hint: 'look',
    },
    { message: 'will not stop', node: 0, phase: 'stop' },
  ],
  spans: [
    { kind: 'phase', name: 'machines', startMs: 0, durationMs: 100, verdict: 'pass' },
    { kind: 'phase', name: 'start', node: 0, startMs: 100, durationMs: 900, verdict: 'fail' },
    { kind: 'check', type: 'tcp', name: 'good', startMs: 1000, durationMs: 5, verdict: 'pass' },
    {
      kind: 'check',
      type: 'test',
      name: 'bad\u0001 "one"',
      subject: 'a.check.ts',
      startMs: 1000,
      durationMs: 1500,
      verdict: 'fail',
      message: 'expected 3, found 2',
      detail: '- 3\n+ 2',
    },
    { kind: 'check', type: 'test', name: 'left', startMs: 2500, durationMs: 0, verdict: 'skip' },
  ],
  events: [{ kind: 'failure', name: 'start', node: 0, atMs: 1000, message: "service 'etcd' was not ready" }],
  clocks: [{ node: 0, atMs: 90, offsetMs: 3.2, uncertaintyMs: 0.4 }],
  installed: { 0: [{ name: 'etcd-server', version: '3.4' }] },
  collectProblems: { 0: ['work/sock: socket ignored'] },
  kept: 'abc123',
  versions: { shakedown: '0.1.0', node: 'v24' },
};

async function reported(file: string, result = run): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-report-'));
  for (const reporter of reporters) await reporter.report(result, directory);
  return readFileSync(join(directory, file), 'utf8');
}

test('each reporter writes the file that it names', async () => {
  for (const { file } of reporters) expect((await reported(file)).length).toBeGreaterThan(100);
});

test('run.json is the whole result', async () =>
  expect(JSON.parse(await reported('run.json'))).toEqual(resultOf(run)));

describe('junit.xml', () => {
  test('has the checks and the phases as suites, with counts', async () => {
    const xml = await reported('junit.xml');
    expect(xml).toMatch(
      /<testsuite name="etcd &lt;&amp;&gt;\.checks" tests="3" failures="1" errors="0" skipped="1"/,
    );
    expect(xml).toMatch(/<testsuite name="[^"]*\.phases" tests="2" failures="1"/);
    expect(xml).toMatch(/<failure message="expected 3, found 2">[\s\S]*- 3\n\+ 2<\/failure>/);
    expect(xml).toContain('classname="a.check.ts"');
  });

  test('shows what no phase and no check shows, or that the run was ended', async () => {
    const passed = run.spans.filter(({ verdict }) => verdict === 'pass');
    const died = { message: "service 'etcd' ended unasked", verdict: 'fail' } as const;
    const withDeath = { ...run, spans: passed, failures: [died], verdict: 'fail' } as const;
    expect(await reported('junit.xml', withDeath)).toMatch(
      /<failure message="service 'etcd' ended unasked">/,
    );
    const interrupted = { ...run, spans: passed, failures: [], verdict: 'error', exitCode: 130 } as const;
    expect(await reported('junit.xml', interrupted)).toMatch(/<error message="the run ended with 130">/);
    expect(await reported('junit.xml', { ...interrupted, verdict: 'pass' })).not.toMatch(/<error|\.run"/);
  });

  test('has no character that XML forbids', async () => {
    const xml = await reported('junit.xml');
    expect([...xml].filter((each) => each < ' ' && !'\n\r\t'.includes(each))).toEqual([]);
  });
});

describe('report.html', () => {
  test('tells the first cause, what followed, the checks, and where each node’s files lie', async () => {
    const html = await reported('report.html');
    expect(html).toMatch(
      /First cause[\s\S]*Node 0 \(10\.0\.0\.2\), start[\s\S]*was not ready[\s\S]*After it \(1\)/,
    );
    for (const link of ['nodes/0/files/', 'nodes/0/logs/', 'nodes/0/to_deploy/'])
      expect(html).toContain(`href="${link}"`);
    expect(html).toContain('etcd-server 3.4');
    expect(html).toContain('socket ignored');
  });

  test('tells what was done to whole machines, and by which check', async () => {
    const acts: MachineActRecord[] = [
      { node: 0, act: 'reboot', by: 'survives <it>', startMs: 1000, durationMs: 2500, verdict: 'pass' },
      {
        node: 0,
        act: 'restore',
        name: 'before',
        startMs: 4000,
        durationMs: 10,
        verdict: 'error',
        message: 'no snapshot',
      },
    ];
    const spans = [...run.spans, ...acts.map(machineActSpan)];
    const html = await reported('report.html', { ...run, spans });
    expect(html).toMatch(
      /node 0: reboot, by the check &#39;survives &#60;it&#62;&#39;<\/p>.*at 1\.0 s, 2\.5 s/,
    );
    expect(html).toContain('node 0: restore &#39;before&#39;: no snapshot');
    expect(html, 'a bar in the node’s row').toContain(
      'title="reboot, by the check &#39;survives &#60;it&#62;&#39;: 2.5 s"',
    );
    expect(html).toContain('href="nodes/0/before/"');
    expect(await reported('report.html')).not.toContain('nodes/0/before/');
  });

  test('tells how far each node’s clock was from the main host’s, and whether that is too far', async () => {
    expect(await reported('report.html')).toContain('<td>3.2 ms ahead (± 0.4 ms)</td>');
    const same = [{ node: 0, atMs: 90, offsetMs: -0.3, uncertaintyMs: 0.4 }];
    expect(await reported('report.html', { ...run, clocks: same })).toContain('<td>same (± 0.4 ms)</td>');
    const far = [{ node: 0, atMs: 90, offsetMs: 61_000, uncertaintyMs: 0.4 }];
    expect(await reported('report.html', { ...run, clocks: far })).toContain(
      '<p class="error">the clock of node 0 (node0) is 1 min 1 s ahead (± 0.4 ms)</p>',
    );
  });

  test('shows what failed before what passed, and each failure at its moment', async () => {
    const html = await reported('report.html');
    expect(html.indexOf('<p>bad')).toBeLessThan(html.indexOf('<p>good'));
    expect(html).toContain('title="at 1.0 s: service &#39;etcd&#39; was not ready"');
    expect(html, 'round times on the axis').toMatch(/>0<.*>0\.5 s<.*>1 s<.*>1\.5 s<.*>2 s</);
  });

  test('escapes whatever it was given, and needs no other file', async () => {
    const html = await reported('report.html');
    expect(html).not.toContain('<no>');
    expect(html).not.toContain('etcd <&>');
    expect(html).not.toMatch(/(src|href)="https?:/);
  });
});

function printed(result: RunRecord, tty = false, columns = 80): string {
  const stdout = Object.assign(new PassThrough(), { isTTY: tty, columns });
  printSummary(result, { stdout, env: {} });
  return String(stdout.read());
}

describe('the summary', () => {
  test('begins with the first cause and ends with the verdict; failed checks come first', () => {
    const text = printed(run);
    expect(text.trimStart().startsWith('First cause')).toBe(true);
    expect(text).toContain('    | panic: <no>');
    expect(text.indexOf('✗ bad')).toBeLessThan(text.indexOf('✓ good'));
    expect(text.trimEnd().split('\n').at(-1)).toBe('FAIL  etcd <&>: 1 node, 1 of 3 checks passed, 1 min 5 s');
  });

  test('says what one can do with kept machines, and what could not be collected', () => {
    expect(printed(run)).toContain('shakedown rerun');
    expect(printed(run)).toContain('1 thing');
    const { kept: _kept, ...gone } = run;
    expect(printed(gone)).not.toContain('shakedown rerun');
  });

  test('tells of a clock that is far from the main host’s, and of no other', () => {
    expect(printed(run)).not.toContain('clock');
    const clocks = [
      { node: 0, atMs: 90, offsetMs: 3.2, uncertaintyMs: 0.4 },
      { node: 0, atMs: 4000, offsetMs: -90_061, uncertaintyMs: 12.2 },
    ];
    expect(printed({ ...run, clocks })).toContain(
      'clock   the clock of node 0 (node0) is 1 min 30 s behind (± 13 ms)',
    );
  });

  test('has the times of all phases in lines that no terminal has to break', () => {
    const names = 'config machines connect clean install ship setup start check stop collect destroy'.split(
      ' ',
    );
    const spans = names.map((name) => ({
      ...{
        kind: 'phase' as const,
        name: name as PhaseName,
        startMs: 0,
        durationMs: 754,
        verdict: 'pass' as const,
      },
    }));
    const layers = { 0: { key: 'k', madeAt: 0, tookMs: 1800 } };
    for (const columns of [40, 80, 200]) {
      const lines = printed({ ...run, spans, layers }, true, columns)
        .split('\n')
        .map((line) => stripVTControlCharacters(line));
      const first = lines.findIndex((line) => line.startsWith('Times  '));
      const told = lines.slice(first, lines.indexOf('', first));
      expect(Math.max(...told.map(({ length }) => length))).toBeLessThanOrEqual(columns);
      expect(told.flatMap((line) => line.match(/\w+(?= 754 ms)/g) ?? [])).toEqual(names);
      expect(told.map((line) => line.trim()).join(' ')).toMatch(
        /install from the layer of .* installs anew\)$/,
      );
    }
  });

  test('says that the run was interrupted, of which there is no first cause', () =>
    expect(printed({ ...run, failures: [], verdict: 'error', exitCode: 130 })).toContain(
      'ERROR  etcd <&>: interrupted, 1 node, ',
    ));

  test('has colour on a terminal only', () => {
    expect(printed(run)).not.toContain('\u001b[');
    expect(printed(run, true)).toContain('\u001b[');
  });
});

const events: readonly RunEvent[] = [
  { at: 0, type: 'run-started', eventsVersion: 1, run: 'r1', scenario: 'etcd', directory: '/d' },
  {
    at: 1,
    type: 'nodes-known',
    nodes: Array.from({ length: 40 }, (_, id) => ({ id, name: `node${id}`, address: '10.0.0.1' })),
  },
  { at: 2, type: 'phase-started', phase: 'install', node: 1 },
  { at: 3, type: 'note', message: 'installing a package with a very long name indeed', node: 1 },
  {
    at: 4,
    type: 'phase-ended',
    timing: { phase: 'install', node: 1, startMs: 0, durationMs: 1234, verdict: 'pass' },
  },
  { at: 5, type: 'check-ended', check: { name: 'good', kind: 'tcp', verdict: 'pass', durationMs: 5 } },
  {
    at: 6,
    type: 'machine-act',
    done: { node: 1, act: 'powerOff', by: 'a > b', startMs: 1, durationMs: 250, verdict: 'pass' },
  },
  { at: 6, type: 'run-ended', verdict: 'pass', durationMs: 10, exitCode: 0 },
];

async function shown(
  options: {
    json?: boolean;
    tty?: boolean;
    env?: NodeJS.ProcessEnv;
    signal?: AbortSignal;
  },
  told = events,
): Promise<string> {
  const stdout = Object.assign(new PassThrough(), { isTTY: options.tty ?? false, columns: 40, rows: 12 });
  const { json = false, env = {}, signal = new AbortController().signal } = options;
  const face = await chooseFace({ json, stdout, env, signal });
  for (const event of told) face.handle(event);
  face.close();
  face.close();
  return String(stdout.read());
}

describe('the face', () => {
  test('elsewhere than on a terminal is one stamped line per thing', async () => {
    const lines = (await shown({})).trimEnd().split('\n');
    expect(lines).toContain('00:00:00.004 node 1  install pass (1.2 s)');
    expect(lines).toContain("00:00:00.006 node 1  power off, by the check 'a > b' (250 ms)");
    expect(lines.every((line) => /^\d\d:\d\d:\d\d\.\d{3} /.test(line))).toBe(true);
  });

  test('with --json is the events themselves', async () => {
    const lines = (await shown({ json: true, tty: true })).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(events);
  });

  test('on a terminal fits its width and height, and gives the cursor back', async () => {
    const text = await shown({ tty: true });
    expect(text).toContain('more nodes');
    expect(text).toContain('install');
    expect(text.lastIndexOf('\u001b[?25h')).toBeGreaterThanOrEqual(text.lastIndexOf('\u001b[?25l'));
  });

  test('is plain in CI and on a dumb terminal', async () => {
    expect(await shown({ tty: true, env: { CI: 'true' } })).not.toContain('\u001b[');
    expect(await shown({ tty: true, env: { TERM: 'dumb' } })).not.toContain('\u001b[');
    expect(await shown({ tty: true, env: { CI: 'false' } })).toContain('\u001b[');
  });

  test('elsewhere than on a terminal says as much as CONSOLA_LEVEL wants', async () => {
    const failure = { message: 'no such package', node: 1 };
    const more: RunEvent[] = [...events, { at: 7, type: 'failure', failure, first: true }];
    const lines = (await shown({ env: { CONSOLA_LEVEL: '0' } }, more)).trimEnd().split('\n');
    expect(lines).toEqual(['00:00:00.007         first cause: Node 1: no such package']);
  });

  test('elsewhere than on a terminal, an earlier cause that comes to be known later corrects the first one', async () => {
    const failure = (message: string, first: boolean): RunEvent => ({
      ...{ at: 7, type: 'failure', failure: { message }, first },
    });
    const lines = (await shown({}, [failure('b', true), failure('c', false), failure('a', true)]))
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => line.slice(21))).toEqual([
      'first cause: b',
      'c',
      'first cause, before the one above: a',
    ]);
  });

  test('elsewhere than on a terminal, an interrupt is a line', async () => {
    const stdout = new PassThrough();
    const interrupt = new AbortController();
    const face = await chooseFace({ json: false, stdout, env: {}, signal: interrupt.signal });
    interrupt.abort();
    face.close();
    expect(String(stdout.read())).toMatch(/ interrupted: collecting what there is \(once more/);
  });
});

test('durations read as people say them', () => {
  const said = [85, 1234, 59_970, 61_000, 119_700, 184_000].map(duration);
  expect(said).toEqual(['85 ms', '1.2 s', '1 min 0 s', '1 min 1 s', '2 min 0 s', '3 min 4 s']);
});
