import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLedgers } from '../../../main/store/file-ledger.ts';
import { openServerLedger, removeOldLedgers, virtDirectory } from '../../../main/virt/server-ledger.ts';
import { folder } from '../remotes/fake-node.ts';

const entry = { kind: 'cluster', id: 'abc123', provider: 'nspawn', cluster: { id: 'abc123' } } as const;

test('what a server owes is found by reap, and is not forgotten when the server ends', async () => {
  const cache = folder();
  const own = await openServerLedger(cache);
  await own.ledger.record(entry);
  await own[Symbol.asyncDispose]();
  const [open] = await openLedgers(virtDirectory(cache));
  expect(open).toMatchObject({ ownerAlive: true, entries: [entry] });
  await open?.remove(entry.id);
  expect(await openLedgers(virtDirectory(cache))).toEqual([]);
});

test('a server that owes nothing leaves nothing', async () => {
  const cache = folder();
  const own = await openServerLedger(cache);
  await own.ledger.record(entry);
  await own.ledger.remove(entry.id);
  await own[Symbol.asyncDispose]();
  expect(existsSync(own.directory)).toBe(false);
});

test('folders of servers that are dead and owe nothing are removed, others stay', async () => {
  const cache = folder();
  const alive = await openServerLedger(cache);
  const runs = join(alive.directory, '..');
  const dead = (name: string, ledger = '') => {
    mkdirSync(join(runs, name));
    writeFileSync(join(runs, name, 'owner.json'), '{"pid":1,"startTime":"0","bootId":"another"}');
    writeFileSync(join(runs, name, 'ledger'), ledger);
    return join(runs, name);
  };
  const [settled, owing] = [dead('aaaaaa'), dead('bbbbbb', `${JSON.stringify({ will: entry })}\n`)];
  await removeOldLedgers(cache);
  expect([alive.directory, settled, owing].map((each) => existsSync(each))).toEqual([true, false, true]);
});
