import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder } from '../../remotes/fake-node.ts';
import { clusterOfThisMachine } from './cluster-of-this-machine.ts';

const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

test('a file and a folder go to a node and come back as they were, big ones too', async () => {
  const [scenario, there] = [folder(), folder()];
  const { node } = await clusterOfThisMachine(scenario);
  mkdirSync(join(scenario, 'app/bin'), { recursive: true });
  writeFileSync(join(scenario, 'app/bin/run'), 'run', { mode: 0o750 });
  writeFileSync(join(scenario, 'app/data'), randomBytes(70 * 1024 ** 2));
  expect(await node.put('app', there)).toBe(join(there, 'app'));
  expect(await node.put('app/bin/run', join(there, 'new/name'))).toBe(join(there, 'new/name'));
  expect(statSync(join(there, 'new/name')).mode & 0o777).toBe(0o750);
  expect(digest(join(there, 'app/data'))).toBe(digest(join(scenario, 'app/data')));

  const home = join(scenario, 'home');
  expect(await node.get(join(there, 'app'), 'home')).toEqual({ path: home, problems: [] });
  expect(digest(join(home, 'data'))).toBe(digest(join(scenario, 'app/data')));
  expect(statSync(join(home, 'bin/run')).mode & 0o777).toBe(0o750);
  expect(readdirSync(scenario).toSorted()).toEqual(['app', 'home']);
});

test('what cannot be copied is told, and leaves nothing behind', async () => {
  const scenario = folder();
  const { node } = await clusterOfThisMachine(scenario);
  await expect(node.put('nowhere', '/tmp')).rejects.toThrow(/There is no .*nowhere/);
  await expect(node.put('.', 'relative')).rejects.toThrow('argument 2');
  await expect(node.get('/', 'home')).rejects.toThrow('too much');
  await expect(node.get('/tmp/..', 'home')).rejects.toThrow('too much');
  await expect(node.get('/no/such/file', 'home')).rejects.toThrow('nothing came from /no/such/file');
  expect(readdirSync(scenario)).toEqual([]);
});
