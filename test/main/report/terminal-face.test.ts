import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RunEventBody } from '../../../common/events.ts';
import type { PhaseName } from '../../../common/results.ts';
import { TerminalFace } from '../../../main/report/terminal-face.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/**
 * A terminal with a run of so many nodes on it; `shows` tells events, and gives the lines that are seen then.
 */
function terminal(nodes: number) {
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 100, rows: 24 });
  const interrupt = new AbortController();
  const face = new TerminalFace(stdout, {}, interrupt.signal);
  const shows = (...events: readonly RunEventBody[]): readonly string[] => {
    for (const event of events) face.handle({ at: 0, ...event });
    stdout.read();
    vi.advanceTimersByTime(100);
    // Lines that have not changed are left as they are.
    return stripVTControlCharacters(String(stdout.read() ?? '')).split('\n');
  };
  const named = Array.from({ length: nodes }, (_, id) => ({ id, name: `node${id}`, address: '10.0.0.1' }));
  shows({ type: 'run-started', eventsVersion: 1, run: 'id', scenario: 'web', directory: '/' });
  return { shows, interrupt, face, stdout, known: { type: 'nodes-known', nodes: named } as const };
}

const started = (phase: PhaseName, node?: number): RunEventBody => ({
  type: 'phase-started',
  phase,
  ...(node === undefined ? {} : { node }),
});
const ended = (phase: PhaseName, node?: number): RunEventBody => ({
  type: 'phase-ended',
  timing: { phase, startMs: 0, durationMs: 5, verdict: 'pass', ...(node === undefined ? {} : { node }) },
});

/** The line that moves: what goes on now. */
const now = (lines: readonly string[]): string | undefined =>
  lines.findLast((line) => /^[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] /.test(line))?.slice(2);

test('the last line says what the whole cluster is in, and what was last told of it', () => {
  const { shows } = terminal(2);
  expect(now(shows(started('machines')))).toBe('machines');
  expect(now(shows({ type: 'note', message: 'building trixie' }))).toBe('machines  building trixie');
});

test('then what the nodes are in, not the phase that came before', () => {
  const { shows, known } = terminal(5);
  shows(started('machines'), known, ended('machines'), started('config'), ended('config'));
  expect(now(shows(started('install', 0)))).toBe('install on node0');
  expect(now(shows(started('install', 1), started('connect', 2)))).toBe(
    'install on node0, node1; connect on node2',
  );
  expect(now(shows(ended('connect', 2), started('install', 2), started('install', 3)))).toBe(
    'install on 4 nodes',
  );
});

test('then the check that runs', () => {
  const { shows, known } = terminal(1);
  shows(known, started('check'));
  expect(now(shows({ type: 'check-started', name: 'the site is up' }))).toBe('the site is up');
});

test('the first cause is told as soon as it is known, and another one if that happened before', () => {
  const { shows, known } = terminal(2);
  const failure = (node: number, first: boolean): RunEventBody => ({
    ...{ type: 'failure', first },
    failure: { node, address: '10.0.0.1', message: `service 'app${node}' ended`, lastLines: ['a line'] },
  });
  const cause = (lines: readonly string[]) => lines.filter((line) => line.includes('first cause'));
  expect(cause(shows(known, started('check'), failure(1, true)))).toEqual([
    "first cause: Node 1 (10.0.0.1): service 'app1' ended",
  ]);
  expect(cause(shows(failure(0, true), failure(1, false)))).toEqual([
    "first cause: Node 0 (10.0.0.1): service 'app0' ended",
  ]);
});

test('nothing is said to go on where nothing does', () => {
  const { shows, known } = terminal(1);
  expect(now(shows(known, started('config'), ended('config')))).toBeUndefined();
});

test('an interrupt is told until the end', () => {
  const { shows, known, interrupt } = terminal(1);
  shows(known, started('check'));
  interrupt.abort();
  const words = 'interrupted: collecting what there is (once more to leave that out)';
  expect(now(shows())).toBe(words);
  expect(now(shows(ended('check'), started('collect', 0)))).toBe(words);
});

test('at the end a node has as many lines as its phases need, and no word is broken', () => {
  const { shows, known, face, stdout } = terminal(1);
  const phases = ['connect', 'clean', 'install', 'ship', 'setup', 'start', 'stop', 'collect'] as const;
  shows(known, ...phases.map((phase) => ended(phase, 0)), started('destroy', 0));
  stdout.columns = 60;
  face.close();
  const last = stripVTControlCharacters(String(stdout.read())).trimEnd().split('\n').slice(-3);
  expect(last).toEqual([
    'web  id',
    'node0    connect 5 ms  clean 5 ms  install 5 ms  ship 5 ms',
    '         setup 5 ms  start 5 ms  stop 5 ms  collect 5 ms',
  ]);
});
