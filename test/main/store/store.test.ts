import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { processIdentity } from '../../../common/processes/process-identity.ts';
import { listRuns, readRun } from '../../../main/record/list-runs.ts';
import { readRecord } from '../../../main/record/read-record.ts';
import { jsonReport } from '../../../main/report/json-report.ts';
import { createRun } from '../../../main/store/create-run.ts';
import { FileLedger, openLedgers } from '../../../main/store/file-ledger.ts';
import { readKeptCluster, removeKeptCluster, writeKeptCluster } from '../../../main/store/kept-cluster.ts';
import { pruneRuns } from '../../../main/store/prune-runs.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'shakedown-store-'));
const oldRecord = readFileSync(join(import.meta.dirname, '../record/run-of-0.2.0.json'), 'utf8');
const day = 86_400_000;
const cluster = { kind: 'cluster', id: 'abc123', provider: 'nspawn', cluster: {} } as const;

describe('a run’s directory', () => {
  test('has an id that sorts by time, and is pointed at by latest, nodes and tester.log', async () => {
    const directory = folder();
    const store = await createRun(directory, { clock: () => Date.UTC(2026, 10, 21, 1, 52, 3) });
    expect(store.id).toMatch(/^20261121-015203-[0-9a-f]{4}$/);
    expect(readlinkSync(join(directory, '.shakedown/runs/latest'))).toBe(store.id);
    store.log('hello', 2);
    store.flush();
    expect(readFileSync(join(directory, 'tester.log'), 'utf8')).toMatch(/Z \[node 2\] hello\n$/);
    expect(readFileSync(join(directory, 'nodes/2/tester.log'), 'utf8')).toMatch(/Z hello\n$/);
    expect(readFileSync(join(directory, '.shakedown/.gitignore'), 'utf8')).toBe('*\n');
  });

  test('keeps events as whole lines', async () => {
    const directory = folder();
    const store = await createRun(directory);
    store.appendEvent({ at: 1, type: 'note', message: 'two\nlines' });
    const [line = ''] = readFileSync(join(store.directory, 'events.ndjson'), 'utf8').split('\n');
    expect(JSON.parse(line)).toEqual({ at: 1, type: 'note', message: 'two\nlines' });
  });

  test('never takes the place of a file or folder of the user’s', async () => {
    const directory = folder();
    mkdirSync(join(directory, 'nodes'));
    writeFileSync(join(directory, 'tester.log'), 'mine');
    await createRun(directory);
    expect(lstatSync(join(directory, 'nodes')).isDirectory()).toBe(true);
    expect(readFileSync(join(directory, 'tester.log'), 'utf8')).toBe('mine');
  });

  test('and what is in it is for its owner alone', async () => {
    const directory = folder();
    const umask = process.umask(0o022);
    try {
      const store = await createRun(directory);
      store.log('hello', 2);
      store.appendEvent({ at: 1, type: 'note', message: 'secret' });
      store.flush();
      await new FileLedger(store.directory).record(cluster);
      await jsonReport.report({ ...readRecord(oldRecord, 'r') }, store.directory);
      await writeKeptCluster(directory, { run: 'r' } as never);
      const mode = (path: string) => (statSync(join(directory, '.shakedown', path)).mode & 0o777).toString(8);
      const run = `runs/${store.id}`;
      expect([mode(run), mode(`${run}/nodes`), mode(`${run}/nodes/2`)]).toEqual(['700', '700', '700']);
      const files = ['owner.json', 'tester.log', 'nodes/2/tester.log', 'events.ndjson', 'ledger', 'run.json'];
      for (const file of files) expect(`${file} ${mode(`${run}/${file}`)}`).toBe(`${file} 600`);
      expect(mode('cluster.json')).toBe('600');
    } finally {
      process.umask(umask);
    }
  });

  test('a log that cannot be written does not end the run', async () => {
    const directory = folder();
    const store = await createRun(directory);
    mkdirSync(join(store.directory, 'events.ndjson'));
    expect(() => store.appendEvent({ at: 1, type: 'note', message: 'lost' })).not.toThrow();
  });
});

describe('the ledger', () => {
  test('has what was recorded and not settled, also when the last line is torn', async () => {
    const directory = folder();
    const ledger = new FileLedger(directory);
    await ledger.record(cluster);
    await ledger.record({ ...cluster, id: 'def456' });
    await ledger.remove('abc123');
    appendFileSync(join(directory, 'ledger'), '{"will":{"kind":"clu');
    expect(ledger.openEntries().map(({ id }) => id)).toEqual(['def456']);
  });

  test('takes what nodes record and settle side by side: each is there once its own call is done, in their order', async () => {
    const directory = folder();
    const ledger = new FileLedger(directory);
    const ids = Array.from({ length: 20 }, (_, node) => `abc123/${node}`);
    const seen = await Promise.all(
      ids.map(async (id) => {
        await ledger.record({ ...cluster, id });
        return new FileLedger(directory).openEntries().some((entry) => entry.id === id);
      }),
    );
    expect(seen).not.toContain(false);
    expect(ledger.openEntries().map(({ id }) => id)).toEqual(ids);
    await Promise.all(ids.slice(1).map((id) => ledger.remove(id)));
    expect(new FileLedger(directory).openEntries().map(({ id }) => id)).toEqual(['abc123/0']);
  });

  test('that cannot be written fails who writes then, and nobody later', async () => {
    const directory = join(folder(), 'not-yet');
    const ledger = new FileLedger(directory);
    const outcomes = await Promise.allSettled([ledger.record(cluster), ledger.remove('abc123')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    mkdirSync(directory);
    await ledger.record(cluster);
    expect(ledger.openEntries()).toHaveLength(1);
  });

  test('of a folder’s runs tells which of them nobody will settle', async () => {
    const directory = folder();
    const [one, two] = [
      await createRun(directory, { clock: () => 0 }),
      await createRun(directory, { clock: () => day }),
    ];
    for (const store of [one, two]) await new FileLedger(store.directory).record(cluster);
    writeFileSync(
      join(one.directory, 'owner.json'),
      JSON.stringify({ ...processIdentity(), startTime: '1' }),
    );
    const open = await openLedgers(directory);
    expect(open.map(({ run, ownerAlive }) => [run, ownerAlive])).toEqual([
      [one.id, false],
      [two.id, true],
    ]);
    await open[0]?.remove('abc123');
    expect((await openLedgers(directory)).map(({ run }) => run)).toEqual([two.id]);
  });
});

describe('kept machines', () => {
  const kept = { cluster: { id: 'abc123' }, scenario: '/s', run: 'r', workingDirs: [], kept: true } as never;

  test('are remembered per folder until they are removed', async () => {
    const directory = folder();
    await createRun(directory);
    expect(await readKeptCluster(directory)).toBeUndefined();
    await writeKeptCluster(directory, kept);
    expect(await readKeptCluster(directory)).toEqual(kept);
    await removeKeptCluster(directory);
    expect(await readKeptCluster(directory)).toBeUndefined();
  });

  test('in a damaged file are an error that says what to do', async () => {
    const directory = folder();
    await createRun(directory);
    writeFileSync(join(directory, '.shakedown/cluster.json'), '{');
    await expect(readKeptCluster(directory)).rejects.toThrow(/damaged/);
  });
});

describe('earlier runs', () => {
  async function threeRuns() {
    const directory = folder();
    const stores = [];
    for (const age of [40, 2, 1])
      stores.push(await createRun(directory, { clock: () => 100 * day - age * day }));
    return { directory, ids: stores.map(({ id }) => id), stores };
  }
  const clock = () => 100 * day;

  test('are listed with the newest first, and found by the beginning of their id', async () => {
    const { directory, ids } = await threeRuns();
    expect((await listRuns(directory)).map(({ id }) => id)).toEqual(ids.toReversed());
    expect((await readRun(directory, 'latest')).id).toBe(ids[2]);
    expect((await readRun(directory, ids[0]?.slice(0, 8) ?? '')).id).toBe(ids[0]);
    await expect(readRun(directory, '1970')).rejects.toThrow(/More than one/);
    await expect(readRun(directory, 'nope')).rejects.toThrow(/no run 'nope'/);
  });

  test('are deleted past a count or an age', async () => {
    const { directory, ids } = await threeRuns();
    expect(await pruneRuns(directory, { count: 10, days: 30, clock })).toEqual([ids[0]]);
    expect(await pruneRuns(directory, { count: 1, days: 30, clock })).toEqual([ids[1]]);
    expect(await pruneRuns(directory, { count: 0, days: 0, clock })).toEqual([]);
    expect(existsSync(join(directory, 'nodes/'))).toBe(true);
  });

  test('stay when something of them is left to undo, or their machines are kept', async () => {
    const { directory, ids, stores } = await threeRuns();
    if (stores[0]) await new FileLedger(stores[0].directory).record(cluster);
    await writeKeptCluster(directory, { run: ids[1] } as never);
    expect(await pruneRuns(directory, { count: 1, days: 1, clock })).toEqual([]);
  });
});
