import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { processIdentity } from '../../../../common/processes/process-identity.ts';
import { listed } from '../../../../main/providers/host/cluster-state.ts';
import {
  clusterFolders,
  clusterOf,
  machineNameFor,
  makeClusterFolder,
  readState,
  removeClusterFolder,
  writeState,
} from '../../../../main/providers/vagrant/cluster-folder.ts';
import { makeVagrantHome } from '../../../../main/providers/vagrant/vagrant-home.ts';

function folder(): string {
  const root = mkdtempSync(join(tmpdir(), 'shakedown-vagrant-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  return root;
}

const state = (owner = processIdentity()) => ({
  id: 'abc123',
  owner,
  project: { cwd: '/a', vagrantfile: '/b', dotfile: '/c', home: '/d' },
  machines: [{ name: 'web', provider: '' }],
});

describe('a cluster’s folder', () => {
  test('holds its state from its beginning to its end', async () => {
    const root = folder();
    await makeClusterFolder(state(), root);
    expect(await readState('abc123', root)).toEqual(state());
    const known = { ...state(), machines: [{ name: 'web', provider: 'lxc', host: '10.0.3.2' }] };
    await writeState(known, root);
    expect(await readState('abc123', root)).toEqual(known);
    expect(await clusterFolders(root)).toEqual(['abc123']);
    await removeClusterFolder('abc123', root);
    expect(readdirSync(root)).toEqual([]);
    expect(await readState('abc123', root)).toBeUndefined();
  });

  test('is made once: an id that is taken is not taken over', async () => {
    const root = folder();
    await makeClusterFolder(state(), root);
    await expect(makeClusterFolder(state(), root)).rejects.toThrow();
  });

  test('that was not finished is listed as well, and what is none is not', async () => {
    const root = folder();
    for (const name of ['abc124.new', 'home-12345678', 'abc12', 'xyz123']) mkdirSync(join(root, name));
    expect(await clusterFolders(root)).toEqual(['abc124']);
    expect(await listed('abc124', root)).toEqual({ id: 'abc124', kept: false, ownerAlive: false });
  });

  test('tells whether its maker lives, and whether it is kept', async () => {
    const root = folder();
    await makeClusterFolder(state(), root);
    expect(await listed('abc123', root)).toEqual({ id: 'abc123', kept: false, ownerAlive: true });
    writeFileSync(join(root, 'abc123/kept'), '');
    await writeState(state({ ...processIdentity(), startTime: '1' }), root);
    expect(await listed('abc123', root)).toEqual({ id: 'abc123', kept: true, ownerAlive: false });
  });
});

describe('names', () => {
  test('hold the id, which is read from them and from no others', () => {
    expect(clusterOf(machineNameFor('abc123', 'web'))).toBe('abc123');
    for (const name of ['web', 'svabc12-web', 'svabc123', 'xsvabc123-web', 'sd-abc123-0', 'svABC123-x']) {
      expect(clusterOf(name), name).toBeUndefined();
    }
  });
});

describe('a VAGRANT_HOME of a cluster’s own', () => {
  test('has the user’s boxes, plugins and Vagrantfile, and an index of machines that is not the user’s', async () => {
    const [root, users] = [folder(), folder()];
    for (const name of ['boxes', 'gems', 'data', 'tmp']) mkdirSync(join(users, name));
    for (const name of ['Vagrantfile', 'plugins.json', 'setup_version', 'insecure_private_key']) {
      writeFileSync(join(users, name), '');
    }
    const home = join(root, 'home');
    await makeVagrantHome(home, users);
    expect(readdirSync(home).toSorted()).toEqual(['Vagrantfile', 'boxes', 'gems', 'plugins.json', 'tmp']);
    expect(readlinkSync(join(home, 'boxes'))).toBe(join(users, 'boxes'));
  });

  test('leaves the boxes that it downloads, whole or in part, to a user who had none', async () => {
    const [root, users] = [folder(), join(folder(), '.vagrant.d')];
    const home = join(root, 'home');
    await makeVagrantHome(home, users);
    mkdirSync(join(home, 'boxes/mine'));
    expect(readdirSync(join(users, 'boxes'))).toEqual(['mine']);
    expect(readdirSync(users).toSorted()).toEqual(['boxes', 'tmp']);
  });

  test('is there for a user who can have no home', async () => {
    const home = join(folder(), 'home');
    await makeVagrantHome(home, '/dev/null/none');
    expect(readdirSync(home)).toEqual([]);
  });
});
