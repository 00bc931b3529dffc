import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { FailureDetails } from '../../../common/errors.ts';
import type { RunRecord } from '../../../main/record/run-record.ts';
import { htmlReport } from '../../../main/report/html-report.ts';
import { journalAround } from '../../../main/report/journal-around.ts';
import { temporaryFolder } from '../../node-agent/temporary.ts';

const startedAt = Date.parse('2026-11-26T10:00:00Z');
const died = "service 'db' ended unasked by signal SIGKILL";

/** A run whose node 0 is an hour ahead; node 1 has the main host's time. */
const run = (cause: Partial<FailureDetails>): RunRecord => ({
  ...{ recordVersion: 2, id: 'r', scenario: 's', directory: '/s', verdict: 'fail', exitCode: 1 },
  ...{ startedAt, durationMs: 60_000, provider: 'nspawn', spans: [], events: [], collectProblems: {} },
  nodes: [0, 1].map((id) => ({ id, name: `db${id}`, address: `10.0.0.${id}` })),
  failures: [
    { message: died, at: startedAt + 30_000, ...cause },
    { message: 'no leader', node: 1, at: startedAt + 32_500 },
  ],
  clocks: [
    { node: 0, atMs: 0, offsetMs: 3_600_000, uncertaintyMs: 1 },
    { node: 1, atMs: 0, offsetMs: 0, uncertaintyMs: 1 },
  ],
  installed: {},
  versions: { shakedown: '1', node: 'v24' },
});

let directory: string;
beforeEach(() => {
  directory = temporaryFolder();
  for (const node of [0, 1]) mkdirSync(join(directory, `nodes/${node}/logs`), { recursive: true });
});
const journal = (node: number, ...lines: readonly string[]) =>
  writeFileSync(join(directory, `nodes/${node}/logs/journal.log`), lines.map((line) => `${line}\n`).join(''));

test('the lines of its node’s journal near the first cause stand in the report, by the main host’s time', async () => {
  journal(
    0,
    '2026-11-26T12:00:10.000000+0100 db0 db[7]: much earlier',
    '2026-11-26T12:00:29.750123+0100 db0 db[7]: fsync took <4 s>',
    '                                        and more of that message',
    '2026-11-26T12:00:30.004000+0100 db0 systemd[1]: db.service: Main process exited',
    '2026-11-26T12:00:40.000000+0100 db0 db[9]: much later',
  );
  journal(1, '2026-11-26T10:00:30.000000+0000 db1 db[3]: of another node');
  expect(await journalAround(run({ node: 0 }), directory)).toEqual([
    { node: 0, afterMs: -250, text: 'db[7]: fsync took <4 s>' },
    { node: 0, afterMs: 4, text: 'systemd[1]: db.service: Main process exited' },
  ]);
  await htmlReport.report(run({ node: 0 }), directory);
  const page = await readFile(join(directory, 'report.html'), 'utf8');
  const shown = page.replaceAll(/<[^>]*>/g, '').replaceAll('&#39;', "'");
  expect(shown).toContain('First cause, 30.0 s after the run began');
  expect(shown).toContain(
    `The journal of db0 around it−0.250 sdb[7]: fsync took &#60;4 s&#62;0${died}+0.004 ssystemd[1]: db.service`,
  );
  expect(shown).toContain('2.5 s later');
  expect(shown).not.toMatch(/much (earlier|later)|another node/);
});

test('of a cause that is no node’s, as a failed check, all journals are shown, in the order of time', async () => {
  journal(0, '2026-11-26T11:00:29.900000+0000 db0 db[7]: one');
  journal(
    1,
    '2026-11-26T10:00:29.800000+0000 db1 db[3]: before it',
    '2026-11-26T10:00:31.000000+0000 db1 db[3]: after',
  );
  const lines = await journalAround(run({}), directory);
  expect(lines.map(({ node, afterMs, text }) => [node, afterMs, text])).toEqual([
    [1, -200, 'db[3]: before it'],
    [0, -100, 'db[7]: one'],
    [1, 1000, 'db[3]: after'],
  ]);
  await htmlReport.report(run({}), directory);
  expect(await readFile(join(directory, 'report.html'), 'utf8')).toContain('<b>db1</b> db[3]: before it');
});

test('of a unit that talks without end, the last lines before it and the first ones after', async () => {
  const stamp = (ms: number) => new Date(startedAt + 3_600_000 + ms).toISOString().replace('Z', '000+0000');
  journal(0, ...Array.from({ length: 20_000 }, (_, index) => `${stamp(20_000 + index)} db0 db[7]: ${index}`));
  const lines = await journalAround(run({ node: 0 }), directory);
  expect(lines.map(({ text }) => Number(text.slice(7)))).toEqual(
    Array.from({ length: 23 }, (_, index) => 9986 + index),
  );
});

test('where nothing is known of the node’s clock, its journal or the cause’s time, nothing is shown', async () => {
  expect(await journalAround(run({ node: 0 }), directory)).toEqual([]);
  journal(0, '2026-11-26T11:00:29.900000+0000 db0 db[7]: one', 'no line of a journal');
  expect(await journalAround({ ...run({ node: 0 }), clocks: [] }, directory)).toEqual([]);
  expect(await journalAround({ ...run({}), failures: [{ message: 'old' }] }, directory)).toEqual([]);
  await htmlReport.report({ ...run({ node: 0 }), clocks: [] }, directory);
  expect(await readFile(join(directory, 'report.html'), 'utf8')).not.toContain('around it');
});
