import { expect, test } from 'vitest';
import { ShakedownError } from '../../../common/errors.ts';
import type { ListedCluster, Provider } from '../../../main/providers/provider.ts';
import { reapEverywhere } from '../../../main/run/reap.ts';
import { fakeWorld } from '../../fakes/fake-world.ts';

/** A provider that lists these clusters and remembers which were destroyed. */
function listing(name: string, clusters: readonly ListedCluster[] | Error) {
  const destroyed: string[] = [];
  const provider = {
    name,
    list: async () => {
      if (clusters instanceof Error) throw clusters;
      return clusters;
    },
    destroy: async ({ id }: { id: string }) => void destroyed.push(id),
  } as unknown as Provider;
  return { provider, destroyed };
}

const orphan: ListedCluster = { id: 'aaaaaa', ownerAlive: false, kept: false };
const used: ListedCluster = { id: 'bbbbbb', ownerAlive: true, kept: false };
const kept: ListedCluster = { id: 'cccccc', ownerAlive: false, kept: true };

test('destroys what nobody owns; what is in use stays, and so does what was kept unless one says so', async () => {
  const { provider, destroyed } = listing('nspawn', [orphan, used, kept]);
  const first = await reapEverywhere([provider], fakeWorld(), { kept: false });
  expect(first).toEqual({ lines: ['destroyed nspawn cluster aaaaaa'], failures: [] });
  expect(destroyed).toEqual(['aaaaaa']);
  await reapEverywhere([provider], fakeWorld(), { kept: true });
  expect(destroyed).toEqual(['aaaaaa', 'aaaaaa', 'cccccc']);
});

test('a provider that fails is told by its name and keeps no other from it', async () => {
  const broken = listing('ec2', new ShakedownError({ message: 'no credentials', hint: 'set AWS_PROFILE' }));
  const works = listing('nspawn', [orphan]);
  const { lines, failures } = await reapEverywhere([broken.provider, works.provider], fakeWorld(), {
    kept: false,
  });
  expect(lines).toEqual(['destroyed nspawn cluster aaaaaa']);
  expect(failures.map(({ details }) => details)).toEqual([
    { message: 'ec2: no credentials', hint: 'set AWS_PROFILE' },
  ]);
});
