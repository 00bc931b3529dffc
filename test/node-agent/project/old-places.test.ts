import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeOldPlaces } from '../../../node-agent/project/old-places.ts';
import { folder } from '../../main/remotes/fake-node.ts';

test('places that no distribution used for a month go, with their state; others and one’s own stay', async () => {
  const [places, states] = [join(folder(), 'shakedown/distribute'), join(folder(), 'shares')];
  const make = (name: string, { place = 0, reports = 0 }) => {
    for (const each of ['project/sub', 'reports']) mkdirSync(join(places, name, each), { recursive: true });
    writeFileSync(join(places, name, 'project/sub/file'), 'x');
    mkdirSync(join(states, name), { recursive: true });
    writeFileSync(join(states, name, 'synced-files.json'), '{}');
    const used = (path: string, daysAgo: number) => {
      const at = new Date(Date.now() - daysAgo * 86_400_000);
      utimesSync(path, at, at);
    };
    used(join(places, name, 'reports'), reports);
    used(join(places, name), place);
  };
  make('own', { place: 99, reports: 99 });
  make('old', { place: 31, reports: 31 });
  make('young', { place: 29, reports: 29 });
  make('under-way', { place: 40 });
  make('.going-abc', {});
  await removeOldPlaces(join(places, 'own'), join(folder(), 'own'));
  await removeOldPlaces(join(places, 'own/sub'), join(states, 'own'));
  expect(readdirSync(places), 'neither is what a distribution has').toHaveLength(5);
  await removeOldPlaces(join(places, 'own'), join(states, 'own'));
  expect(readdirSync(places).sort()).toEqual(['own', 'under-way', 'young']);
  expect(existsSync(join(states, 'old'))).toBe(false);
  expect(existsSync(join(states, 'young'))).toBe(true);
});
