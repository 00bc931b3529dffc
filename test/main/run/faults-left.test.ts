import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ShakedownError } from '../../../common/errors.ts';
import { reapDirectory } from '../../../main/run/reap/reap.ts';
import { takeDownKept } from '../../../main/run/reap/take-down.ts';
import { FileLedger } from '../../../main/store/file-ledger.ts';
import { type KeptCluster, readKeptCluster, writeKeptCluster } from '../../../main/store/kept-cluster.ts';
import { runsDirectory } from '../../../main/store/run-folders.ts';
import { fakeWorld, type Troubles } from '../../fakes/fake-world.ts';

const machine = { id: 1, name: 'n1', address: '10.0.0.1', ssh: { host: 'fake', port: 1, user: 'root' } };
const cluster = { kind: 'cluster', id: 'abc123', provider: 'fake' };
const fault = {
  kind: 'fault',
  id: 'shakedown_abc123_1',
  machine,
  fault: 'dropPort',
  params: [2379],
  goesWith: 'abc123',
};

const kept: KeptCluster = {
  cluster: { id: 'abc123', provider: 'fake', borrowed: false, machines: [machine] } as never,
  scenario: '/scenario',
  flags: {},
  run: 'r1',
  workingDirs: ['/srv/work', '/srv/work'],
  kept: true,
};

/** A folder in which a run was killed that had these entries in its ledger. */
async function killed(entries: readonly object[], keeps?: KeptCluster, troubles: Troubles = {}) {
  const world = fakeWorld(troubles);
  const run = join(runsDirectory(world.directory), 'r1');
  mkdirSync(run, { recursive: true });
  writeFileSync(join(run, 'owner.json'), '{"pid":1,"startTime":"0","bootId":"another"}');
  writeFileSync(join(run, 'ledger'), entries.map((will) => `${JSON.stringify({ will })}\n`).join(''));
  if (keeps) await writeKeptCluster(world.directory, keeps);
  return {
    world,
    left: () => new FileLedger(run).openEntries().map(({ id }) => id),
    keeps: async () => (await readKeptCluster(world.directory)) !== undefined,
  };
}

const noRoute = { connect: { 1: new ShakedownError({ message: 'no route' }) } };

describe('a fault that a killed run left', () => {
  test('on machines that it had made goes with them: nobody reaches for what is about to be destroyed', async () => {
    const { world, left } = await killed([cluster, fault], undefined, noRoute);
    const { lines, failures } = await reapDirectory(world.directory, world);
    expect(world.asked).toEqual(['destroy']);
    expect(lines).toContain('cleaned up after run r1, which was killed: fault shakedown_abc123_1');
    expect([failures, left()]).toEqual([[], []]);
  });

  test('on kept machines is healed, and they stay', async () => {
    const { world, left, keeps } = await killed([fault], kept);
    const { failures } = await reapDirectory(world.directory, world);
    expect(world.asked).toEqual(['connect 1', 'exec 1', 'disconnect 1']);
    expect([failures, left(), await keeps()]).toEqual([[], [], true]);
  });

  test('on kept machines that are destroyed is settled with them, though nobody can reach them', async () => {
    const { world, left, keeps } = await killed([fault], kept, noRoute);
    expect(await takeDownKept(world.directory, world)).toHaveLength(1);
    expect(world.asked).toEqual(['destroy']);
    expect([left(), await keeps()]).toEqual([[], false]);
  });

  test('on kept borrowed machines is healed before they are given back', async () => {
    const { goesWith: _, ...own } = fault;
    const borrowed = { ...kept, cluster: { ...kept.cluster, borrowed: true } };
    const { world, left } = await killed([own], borrowed);
    await takeDownKept(world.directory, world);
    const [heal, clean, destroy] = ['exec 1', 'clean 1', 'destroy'].map((what) => world.asked.indexOf(what));
    expect([heal, clean, destroy]).toEqual([heal, clean, destroy].toSorted((a = 0, b = 0) => a - b));
    expect([heal === -1, left()]).toEqual([false, []]);
  });

  test('whose machines could not be destroyed stays with them', async () => {
    const { world, left } = await killed([cluster, fault]);
    const provider = () => Promise.reject(new ShakedownError({ message: 'no such provider' }));
    const { failures } = await reapDirectory(world.directory, { ...world, provider });
    expect(failures.map(({ message }) => message)).toEqual([
      'what run r1 left (cluster abc123) could not be undone: no such provider',
    ]);
    expect(left()).toEqual(['abc123', 'shakedown_abc123_1']);
  });
});
