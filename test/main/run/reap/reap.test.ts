import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ShakedownError } from '../../../../common/errors.ts';
import { processIdentity } from '../../../../common/processes/process-identity.ts';
import type { ListedCluster, Provider } from '../../../../main/providers/provider.ts';
import { makeMachines } from '../../../../main/run/machines/make-machines.ts';
import { type ReapOptions, reapEverywhere } from '../../../../main/run/reap/reap-everywhere.ts';
import { clusterOrigins } from '../../../../main/store/cluster-origins.ts';
import { type FakeWorld, fakeWorld } from '../../../fakes/fake-world.ts';
import { noteOriginOf } from '../../../fakes/note-origin.ts';
import { runContext } from '../../../fakes/run-context.ts';

/** A provider that lists these clusters and remembers which were destroyed. */
function listing(name: string, clusters: readonly ListedCluster[] | Error) {
  const destroyed: string[] = [];
  const provider = {
    name,
    list: async () => {
      if (clusters instanceof Error) throw clusters;
      return clusters.filter(({ id }) => !destroyed.includes(id));
    },
    destroy: async ({ id }: { id: string }) => void destroyed.push(id),
  } as unknown as Provider;
  return { provider, destroyed };
}

const orphan: ListedCluster = { id: 'aaaaaa', ownerAlive: false, kept: false };
const used: ListedCluster = { id: 'bbbbbb', ownerAlive: true, kept: false };
const kept: ListedCluster = { id: 'cccccc', ownerAlive: false, kept: true };

async function reap(providers: readonly Provider[], world: FakeWorld, more: Partial<ReapOptions> = {}) {
  const lines: string[] = [];
  const tell = (line: string) => void lines.push(line);
  const options = { kept: false, all: false, named: false, folders: ['/lab'], tell, ...more };
  const { lines: done, leftAlone, failures } = await reapEverywhere(providers, world, options);
  return { lines: [...lines, ...done], leftAlone, failures };
}

test('destroys what nobody owns; what is in use stays, and so does what was kept unless one says so', async () => {
  const world = fakeWorld();
  for (const id of ['aaaaaa', 'bbbbbb', 'cccccc']) noteOriginOf(id, world.cacheDir);
  const { provider, destroyed } = listing('nspawn', [orphan, used, kept]);
  expect(await reap([provider], world)).toEqual({
    lines: [
      'destroying nspawn cluster aaaaaa of /lab, run r1, since 1970-01-01T00:00:00Z',
      'destroyed nspawn cluster aaaaaa',
    ],
    leftAlone: [],
    failures: [],
  });
  expect(destroyed).toEqual(['aaaaaa']);
  await reap([provider], world, { kept: true });
  expect(destroyed).toEqual(['aaaaaa', 'cccccc']);
  expect([...(await clusterOrigins(world.cacheDir)).keys()]).toEqual(['bbbbbb']);
});

test('what another folder made, or nobody knows who, is told and stays unless all is asked for', async () => {
  const world = fakeWorld();
  noteOriginOf('aaaaaa', world.cacheDir, { folder: '/other', run: 'r2' });
  writeFileSync(join(world.cacheDir, 'clusters', 'dddddd.json'), '{"id":"ddd');
  const unknown = ['dddddd', 'eeeeee'].map((id) => ({ ...orphan, id }));
  const keptThere = { ...kept, borrowed: true };
  const { provider, destroyed } = listing('nspawn', [orphan, ...unknown, keptThere]);
  const { lines, leftAlone } = await reap([provider], world);
  expect(leftAlone[0]).toMatch(/^left alone: nspawn cluster aaaaaa of \/other, run r2, since .*reap --all/);
  expect(leftAlone[1]).toMatch(/^left alone: nspawn cluster dddddd of an unknown folder .*reap --all/);
  expect(leftAlone[2]).toMatch(/^left alone: nspawn cluster eeeeee of an unknown folder/);
  expect([leftAlone.length, lines, destroyed]).toEqual([3, [], []]);
  // Nor is what others kept taken by who asks for what was kept here.
  await reap([provider], world, { kept: true });
  expect(destroyed).toEqual([]);
  const all = await reap([provider], world, { all: true });
  expect(destroyed).toEqual(['aaaaaa', 'dddddd', 'eeeeee']);
  expect(all.lines[0]).toMatch(/^destroying nspawn cluster aaaaaa of \/other, run r2, since /);
  const { lines: rest } = await reap([provider], world, { all: true, kept: true });
  expect(rest[0]).toMatch(/^releasing the machines of nspawn cluster cccccc of an unknown folder/);
});

test('a cluster whose maker lives is nobody’s to take, though its provider knows no owner yet', async () => {
  const world = fakeWorld();
  noteOriginOf('aaaaaa', world.cacheDir, { owner: processIdentity() });
  const { provider, destroyed } = listing('nspawn', [orphan]);
  expect(await reap([provider], world, { all: true, kept: true })).toEqual({
    lines: [],
    leftAlone: [],
    failures: [],
  });
  expect(destroyed).toEqual([]);
});

test('a folder is the same one by each of its names', async () => {
  const world = fakeWorld();
  const link = join(world.directory, 'link');
  mkdirSync(join(world.directory, 'lab'));
  symlinkSync('lab', link);
  noteOriginOf('aaaaaa', world.cacheDir, { folder: link });
  const { provider, destroyed } = listing('nspawn', [orphan]);
  await reap([provider], world, { folders: [join(world.directory, 'lab')] });
  expect(destroyed).toEqual(['aaaaaa']);
});

test('the parts of a cluster of several kinds have one note, which goes with the last of them', async () => {
  const world = fakeWorld();
  noteOriginOf('aaaaaa', world.cacheDir, { provider: 'mixed' });
  const one = listing('nspawn', [orphan]);
  const other = listing('qemu', [orphan]);
  const mixed = listing('mixed', []);
  const noted = async () => (await clusterOrigins(world.cacheDir)).size;
  await reap([one.provider], world);
  expect([one.destroyed, await noted()]).toEqual([['aaaaaa'], 1]);
  await reap([one.provider, other.provider, mixed.provider], world);
  expect([other.destroyed, await noted()]).toEqual([['aaaaaa'], 0]);
});

test('a note of which nothing is there goes, once all kinds have looked and its maker is dead', async () => {
  const world = fakeWorld();
  noteOriginOf('aaaaaa', world.cacheDir);
  noteOriginOf('bbbbbb', world.cacheDir, { owner: processIdentity() });
  noteOriginOf('cccccc', world.cacheDir, { provider: 'satellite' });
  const { provider } = listing('nspawn', []);
  const noted = async () => [...(await clusterOrigins(world.cacheDir)).keys()].toSorted();
  await reap([listing('ec2', new Error('no answer')).provider, provider], world);
  expect(await noted()).toEqual(['aaaaaa', 'bbbbbb', 'cccccc']);
  await reap([provider], world);
  expect(await noted()).toEqual(['bbbbbb', 'cccccc']);
});

test('a note stays of a cluster that was made, and its maker killed, after one looked', async () => {
  const world = fakeWorld();
  noteOriginOf('aaaaaa', world.cacheDir, { owner: processIdentity() });
  const late = {
    ...listing('nspawn', []).provider,
    list: async () => {
      noteOriginOf('aaaaaa', world.cacheDir);
      return [];
    },
  };
  await reap([late], world);
  expect([...(await clusterOrigins(world.cacheDir)).keys()]).toEqual(['aaaaaa']);
});

test('a provider that fails is told by its name and keeps no other from it', async () => {
  const world = fakeWorld();
  noteOriginOf('aaaaaa', world.cacheDir);
  const broken = listing('ec2', new ShakedownError({ message: 'no credentials', hint: 'set AWS_PROFILE' }));
  const works = listing('nspawn', [orphan]);
  const { lines, failures } = await reap([broken.provider, works.provider], world, { all: true });
  expect(lines.at(-1)).toBe('destroyed nspawn cluster aaaaaa');
  const wrong = { message: 'ec2: no credentials', hint: 'set AWS_PROFILE' };
  expect(failures.map(({ details }) => details)).toEqual([wrong]);
  const named = await reap([broken.provider], world, { named: true });
  expect(named.failures.map(({ details }) => details)).toEqual([wrong]);
});

test('a kind that cannot look is no failure for a folder that has nothing of it', async () => {
  const world = fakeWorld();
  const broken = listing('ec2', new ShakedownError({ message: 'no credentials' }));
  noteOriginOf('bbbbbb', world.cacheDir, { provider: 'ec2', folder: '/other' });
  const elsewhere = await reap([broken.provider], world);
  expect(elsewhere.failures).toEqual([]);
  expect(elsewhere.leftAlone).toEqual([
    'not looked at, for nothing of this folder is there: ec2: no credentials',
  ]);
  for (const provider of ['ec2', 'mixed']) {
    noteOriginOf('cccccc', world.cacheDir, { provider });
    expect((await reap([broken.provider], world)).failures, provider).toHaveLength(1);
  }
});

test('whose a cluster is stands there before it is made, for its owner alone, until it is gone', async () => {
  const world = fakeWorld();
  const { cacheDir } = world;
  const home = join(cacheDir, 'clusters');
  const provider = await world.provider('fake');
  const seen: unknown[] = [];
  const create: Provider['create'] = async () => {
    seen.push((await clusterOrigins(cacheDir)).get('abc123'));
    seen.push(statSync(home).mode & 0o777, statSync(join(home, 'abc123.json')).mode & 0o777);
    throw new ShakedownError({ message: 'no room' });
  };
  const wanted = { machines: [{ id: 0, name: 'n0' }], options: {}, login: {} };
  const options = { of: { folder: '/lab', run: 'r7' }, shares: [], rebuild: false };
  const ctx = runContext({ cacheDir, clock: () => 77 });
  const making = makeMachines('abc123', wanted, { ...provider, create }, options, ctx);
  await expect(making).rejects.toThrow('no room');
  const of = { folder: '/lab', run: 'r7', since: 77, owner: processIdentity() };
  expect(seen).toEqual([{ id: 'abc123', provider: 'fake', ...of }, 0o700, 0o600]);
  expect(readdirSync(home)).toEqual([]);
});
