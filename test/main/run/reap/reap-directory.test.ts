import { appendFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ShakedownError } from '../../../../common/errors.ts';
import { machineSchema } from '../../../../main/ledger/machine-schema.ts';
import { undoKinds } from '../../../../main/run/ledger/undo-kinds.ts';
import { reapDirectory } from '../../../../main/run/reap/reap.ts';
import { FileLedger } from '../../../../main/store/file-ledger.ts';
import { runsDirectory } from '../../../../main/store/run-folders.ts';
import { type FakeWorld, fakeWorld, type Troubles } from '../../../fakes/fake-world.ts';

const machine = {
  id: 1,
  name: 'n1',
  role: 'db',
  address: '10.0.0.1',
  ssh: { host: 'fake', port: 1, user: 'root', jumps: [{ host: 'jump', port: 22, user: 'me' }] },
  sshOnly: true,
};

/** As the first version of shakedown with a ledger wrote them. */
const cluster = { kind: 'cluster', id: 'abc123', provider: 'fake', cluster: { id: 'abc123' } };
const borrowed = { kind: 'borrowed-node', id: 'abc123/1', machine, workingDir: '/srv/work' };

/** A folder in which a run was killed, with these lines in its ledger. */
function killed(lines: readonly object[], troubles: Troubles = {}) {
  const world = fakeWorld(troubles);
  const run = join(runsDirectory(world.directory), 'r1');
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, 'owner.json'), '{"pid":1,"startTime":"0","bootId":"another"}');
  writeFileSync(join(run, 'ledger'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return { world, run, left: () => new FileLedger(run).openEntries().map(({ id }) => id) };
}

const reap = (world: FakeWorld) => reapDirectory(world.directory, world);

describe('what a killed run left', () => {
  test('is undone from its ledger, the last thing first', async () => {
    const { world, left } = killed([{ will: cluster }, { will: borrowed }]);
    const { lines, failures } = await reap(world);
    expect(world.asked).toEqual(['connect 1', 'clean 1', 'disconnect 1', 'destroy']);
    expect(lines).toEqual([
      'cleaned up after run r1, which was killed: borrowed-node abc123/1',
      'cleaned up after run r1, which was killed: cluster abc123',
    ]);
    expect([failures, left()]).toEqual([[], []]);
  });

  test('in its folder for the time that it lasted is removed, its record is not', async () => {
    const { world, run } = killed([]);
    mkdirSync(join(run, 'tmp', 'checks-x'), { recursive: true });
    await reap(world);
    expect(readdirSync(run).toSorted()).toEqual(['ledger', 'owner.json']);
  });

  test('and cannot be undone is told, stays in the ledger, and keeps nothing else from being undone', async () => {
    const troubles = { connect: { 1: new ShakedownError({ message: 'no route' }) } };
    const { world, left } = killed([{ will: cluster }, { will: borrowed }], troubles);
    const { lines, failures } = await reap(world);
    expect(lines).toEqual(['cleaned up after run r1, which was killed: cluster abc123']);
    expect(failures.map(({ message }) => message)).toEqual([
      'what run r1 left (borrowed-node abc123/1) could not be undone: no route',
    ]);
    expect(left()).toEqual(['abc123/1']);
  });

  test.each([
    ['of a kind that a later version wrote', { kind: 'satellite', id: 's1', orbit: 3 }],
    ['of a shape that a later version wrote', { kind: 'cluster', id: 's1', providers: ['fake'] }],
  ])('%s is told and kept', async (_what, entry) => {
    const { world, left } = killed([{ will: entry }, { will: cluster }]);
    const { lines, failures } = await reap(world);
    expect(lines[1]).toMatch(
      /run r1 left '(satellite|cluster) s1', which this version .* stays in the ledger/,
    );
    expect([failures, left()]).toEqual([[], ['s1']]);
  });

  test('is undone once, also after a line that was torn by the kill', async () => {
    const { world, run, left } = killed([{ will: cluster }]);
    appendFileSync(join(run, 'ledger'), '{"will":{"kind":"bor');
    await reap(world);
    expect(left()).toEqual([]);
  });
});

test('a ledger has all of a machine that it takes to reach it', () =>
  expect(machineSchema.parse(machine)).toEqual(machine));

test('each kind of thing to undo is there once', () =>
  expect(new Set(undoKinds.map(({ kind }) => kind)).size).toBe(undoKinds.length));
