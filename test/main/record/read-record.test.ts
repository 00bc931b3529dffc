import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../common/errors.ts';
import { listRuns, readRun } from '../../../main/record/list-runs.ts';
import { readRecord } from '../../../main/record/read-record.ts';
import { resultOf } from '../../../main/record/run-result.ts';

const old = readFileSync(join(import.meta.dirname, 'run-of-0.2.0.json'), 'utf8');
const wholeOld = JSON.parse(old);

describe('a record of 0.2.0', () => {
  const record = readRecord(old, 'r');

  test('is read: its phases, checks and acts are spans', () => {
    expect(record.recordVersion).toBe(2);
    expect(record.spans.map(({ kind, name, node }) => [kind, name, node])).toEqual([
      ['phase', 'config', undefined],
      ['phase', 'machines', undefined],
      ['phase', 'connect', 0],
      ['phase', 'connect', 1],
      ['phase', 'setup', 0],
      ['phase', 'setup', undefined],
      ['phase', 'check', undefined],
      ['phase', 'collect', 0],
      ['check', 'answers', undefined],
      ['check', 'survives a restart', undefined],
      ['machine-act', 'reboot', 1],
      ['machine-act', "snapshot 'before'", 0],
    ]);
    expect(record.spans.filter(({ kind }) => kind === 'check').map(({ startMs }) => startMs)).toEqual([
      1300, 1312,
    ]);
  });

  test('comes to the same phases, checks and acts again', () => {
    const { phases, checks, machineActs } = resultOf(record);
    const sorted = (each: readonly object[]) => each.map((one) => JSON.stringify(one)).sort();
    const plain = phases.map(({ phase, node, startMs, durationMs, verdict }) => ({
      phase,
      ...(node === undefined ? {} : { node }),
      ...{ startMs, durationMs, verdict },
    }));
    // The setup of the nodes is now told as a whole, too.
    const setup = { phase: 'setup', startMs: 400, durationMs: 200, verdict: 'pass' };
    expect(sorted(plain)).toEqual(sorted([...wholeOld.phases, setup]));
    expect(checks).toMatchObject(wholeOld.checks);
    expect(machineActs).toMatchObject(wholeOld.machineActs);
  });

  test('keeps what every version has', () => {
    const { failures, installed, collectProblems, kept, versions, verdict, exitCode } = record;
    const { failures: f, installed: i, collectProblems: c, kept: k, versions: v } = wholeOld;
    expect({ failures, installed, collectProblems, kept, versions }).toEqual({
      ...{ failures: f, installed: i, collectProblems: c, kept: k, versions: v },
    });
    expect([verdict, exitCode]).toEqual(['fail', 1]);
  });
});

describe('a record', () => {
  test('of a newer version is refused in a sentence', () => {
    const newer = JSON.stringify({ recordVersion: 9, all: 'else' });
    expect(() => readRecord(newer, 'r7')).toThrow(
      'run.json of run r7 was written by a newer shakedown (record version 9; this one reads up to 2): update shakedown',
    );
  });

  const today = resultOf(readRecord(old, 'r'));
  test.each([
    ['no JSON', '{"recordVersion": 2, "ver'],
    ['no object', '[]'],
    ['null', 'null'],
    ['a verdict that there is not', JSON.stringify({ ...today, verdict: 'great' })],
    ['a node that is none', JSON.stringify({ ...today, nodes: [{ id: -1, name: '', address: '' }] })],
    ['a span of no kind', JSON.stringify({ ...today, spans: [{ ...today.spans[0], kind: 'x' }] })],
    ['a name without end', JSON.stringify({ ...today, scenario: 'x'.repeat(5000) })],
    ['a time that is none', JSON.stringify({ ...today, startedAt: 'now' })],
    ['a node by another name', JSON.stringify({ ...today, installed: { '../x': [] } })],
  ])('with %s is told as damaged', (_what, text) => {
    expect(() => readRecord(text, 'r7')).toThrow(UsageError);
    expect(() => readRecord(text, 'r7')).toThrow(/^run\.json of run r7 is damaged/);
  });

  test('that cannot be read keeps no other from the list', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shakedown-record-'));
    const write = (id: string, text?: string) => {
      const run = join(folder, '.shakedown/runs', id);
      mkdirSync(run, { recursive: true });
      if (text !== undefined) writeFileSync(join(run, 'run.json'), text);
    };
    write('1', old);
    write('2', '{"recordVersion":9}');
    write('3');
    const found = (await listRuns(folder)).map(({ id, record, unreadable }) => [
      id,
      record?.scenario ?? unreadable?.message,
    ]);
    expect(found).toEqual([
      ['3', undefined],
      ['2', expect.stringContaining('newer shakedown')],
      ['1', 'etcd'],
    ]);
    expect((await readRun(folder, 'latest')).id).toBe('3');
  });
});
