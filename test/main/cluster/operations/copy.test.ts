import { createHash, randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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
  await expect(node.get('/no/such/file', 'home')).rejects.toThrow('there is no /no/such/file on the node');
  expect(readdirSync(scenario)).toEqual([]);
});

test('of a link that is named comes what it leads to, under its name; links in a folder stay links', async () => {
  const [scenario, there] = [folder(), folder()];
  const { node } = await clusterOfThisMachine(scenario);
  mkdirSync(join(there, 'releases/7'), { recursive: true });
  writeFileSync(join(there, 'releases/7/app'), 'seven');
  symlinkSync('app', join(there, 'releases/7/same'));
  symlinkSync(join(there, 'releases/7'), join(there, 'current'));
  symlinkSync('current/app', join(there, 'to a file'));
  const target = join(there, 'releases/7');
  expect(await node.get(join(there, 'current'), 'now')).toEqual({
    path: join(scenario, 'now'),
    problems: [],
    target,
  });
  expect(readFileSync(join(scenario, 'now/app'), 'utf8')).toBe('seven');
  expect(lstatSync(join(scenario, 'now/same')).isSymbolicLink()).toBe(true);
  expect(await node.get(join(there, 'to a file'), '.')).toMatchObject({ target: join(target, 'app') });
  expect(lstatSync(join(scenario, 'to a file')).isFile()).toBe(true);
  expect(readdirSync(scenario).toSorted()).toEqual(['now', 'to a file']);
});

test('a link that leads nowhere, in a circle or to no file on a disk is told, and so is /proc', async () => {
  const [scenario, there] = [folder(), folder()];
  const { node } = await clusterOfThisMachine(scenario);
  const link = (name: string, target: string) => {
    symlinkSync(target, join(there, name));
    return join(there, name);
  };
  const refused = async (path: string) => {
    const error = await node.get(path, 'home').catch((thrown) => thrown);
    expect(error.message).toContain(`nothing came from ${path}`);
    return error.details.lastLines.join('\n');
  };
  expect(await refused(link('gone', 'nowhere/at all'))).toContain(
    'gone: a link to nowhere/at all, which is not there',
  );
  expect(await refused(link('round', 'round'))).toContain('a link to round, which is not there');
  expect(await refused(link('mtab', '/proc/1/mounts'))).toContain(
    'a link to /proc/1/mounts: no file on a disk; let a command print it',
  );
  expect(await refused(link('all', '/'))).toContain('the whole of the node');
  expect(await refused('/proc/version')).toContain('/proc/version: no file on a disk');
  expect(readdirSync(scenario)).toEqual([]);
});
