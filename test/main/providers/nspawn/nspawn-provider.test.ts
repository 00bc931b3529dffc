import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { processIdentity } from '../../../../common/processes/process-identity.ts';
import { listed } from '../../../../main/providers/host/cluster-state.ts';
import { hostKeyPair, machineId } from '../../../../main/providers/host/identity.ts';
import { bytes } from '../../../../main/providers/machine-options.ts';
import { containerPlan, systemsOf } from '../../../../main/providers/nspawn/container-plan.ts';
import { clusterNames, clusterOf, nodeNames } from '../../../../main/providers/nspawn/names.ts';
import { nspawn, nspawnOptionsSchema } from '../../../../main/providers/nspawn/nspawn-options.ts';
import { NspawnProvider } from '../../../../main/providers/nspawn/nspawn-provider.ts';
import { ssh2 } from '../../../../main/remotes/ssh2.ts';
import { runContext } from '../../../fakes/run-context.ts';

const provider = new NspawnProvider();
const machines = [{ id: 0, name: 'n0' }];
const preview = (options: unknown) => provider.preview({ machines, options, login: {} });

describe('options', () => {
  test('nspawn({ count: 3 }) is plain data', () =>
    expect(nspawn({ count: 3 })).toEqual({ provider: 'nspawn', options: { count: 3 } }));

  test.each([
    {},
    { count: 0 },
    { count: -1 },
    { count: 1.5 },
    { count: 201 },
    { count: 1, nodes: [{}] },
    { nodes: [] },
    { nodes: [{ name: 'Not_A_Host' }] },
    { nodes: [{ name: 'localhost' }] },
    { count: 1, memory: 'lots' },
    { count: 1, memory: '1M' },
    { count: 1, cpus: 0 },
    { count: 1, pids: 3 },
    { count: 1, packages: ['two,names'] },
    { count: 1, packages: ['--variant=apt'] },
    { count: 1, mirror: 'ftp://example.org/debian' },
    { count: 1, os: '../x' },
    { count: 1, os: 'bookwurm' },
    { nodes: [{}, { os: 'debian-99' }] },
    { count: 1, internet: 'no' },
    { cuont: 1 },
  ])('%j is refused as the user’s mistake', async (options) =>
    expect(preview(options)).rejects.toBeInstanceOf(UsageError),
  );

  test.each([
    { count: 200 },
    { count: 1, memory: '1.5G', cpus: 0.5, pids: 100 },
    {
      count: 1,
      packages: ['postgresql', 'libstdc++6', 'hello=2.10-3'],
      mirror: 'http://127.0.0.1:3142/debian',
    },
    { nodes: [{ name: 'db', role: 'primary', memory: '256M', disk: '1G' }, { os: 'ubuntu-24.04' }] },
    { count: 1, internet: false },
  ])('%j is taken', async (options) => expect(await preview(options)).toHaveLength(1));

  test('sizes are bytes or have a unit', () => {
    expect([bytes(5), bytes('5'), bytes('1K'), bytes('1.5M'), bytes('2GiB')]).toEqual([
      5, 5, 1024, 1572864, 2147483648,
    ]);
  });
});

test('preview gives addresses without making anything', async () =>
  expect(await preview({ count: 1 })).toMatchObject([{ id: 0, address: expect.stringMatching(/^10\./) }]));

test('nodes of several operating systems share a tree where theirs is the same by another name', () => {
  const settings = nspawnOptionsSchema.parse({
    nodes: [{}, { os: 'noble' }, { os: 'debian-12' }, { os: 'ubuntu-24.04' }],
  });
  const wanted = [0, 1, 2, 3].map((id) => ({ id, name: `n${id}` }));
  const systems = systemsOf(wanted, settings);
  expect(systems).toEqual(['bookworm', 'noble']);
  expect(wanted.map((machine) => containerPlan(machine, settings, systems).tree)).toEqual([0, 1, 0, 1]);
});

test('a node’s own limits win over those for all, in bytes', () => {
  const settings = nspawnOptionsSchema.parse({ nodes: [{ disk: '1G' }, {}], disk: '64M', memory: '128M' });
  const plans = [0, 1].map((id) => containerPlan({ id, name: 'x' }, settings, ['bookworm']));
  expect(plans.map(({ disk, memory }) => [disk, memory])).toEqual([
    [2 ** 30, 2 ** 27],
    [2 ** 26, 2 ** 27],
  ]);
});

describe('acts on one machine', () => {
  const ctx = { signal: new AbortController().signal, log: () => undefined };
  const which = (id: string, machine: number, name = 'before') => ({ cluster: { id }, machine, name });

  test.each([
    ['a name with a slash', which('abc123', 0, '../x')],
    ['a name that is an option', which('abc123', 0, '-rf')],
    ['another id than a cluster’s', which('../../etc', 0)],
    ['another machine than a number', which('abc123', Number.NaN)],
  ])('refuse %s before anything is done', async (_what, wrong) => {
    await expect(provider.snapshot(wrong, ctx)).rejects.toBeInstanceOf(UsageError);
    await expect(provider.restore(wrong, ctx)).rejects.toBeInstanceOf(UsageError);
  });
});

test('only six hex digits are the id of a cluster', async () => {
  const ctx = { signal: new AbortController().signal };
  await expect(provider.destroy({ id: '../../etc' }, ctx)).rejects.toBeInstanceOf(UsageError);
  await expect(provider.keep({ id: 'abc12' })).rejects.toBeInstanceOf(UsageError);
});

test.each([
  { user: 'root; reboot', publicKey: 'ssh-ed25519 AAAA' },
  { user: '-x', publicKey: 'ssh-ed25519 AAAA' },
  { user: 'root' },
])('the login %j is refused before anything is made', async (login) => {
  const ctx = runContext({ cacheDir: '/nonexistent' });
  const spec = { cluster: 'abc123', machines, options: { count: 1 }, login, shares: [] };
  await expect(provider.create(spec, ctx)).rejects.toBeInstanceOf(UsageError);
});

describe('names', () => {
  test('all hold the cluster’s id, and interface names fit into the kernel’s 15 characters', () => {
    const names = [...Object.values(clusterNames('abc123')), ...Object.values(nodeNames('abc123', 199))];
    expect(names.every((name) => name.includes('abc123'))).toBe(true);
    expect(nodeNames('abc123', 199).link.length).toBeLessThanOrEqual(15);
  });

  test('the id is read from whatever may be left of a cluster, and from nothing else', () => {
    const { bridge, table, directory, cgroup } = clusterNames('abc123');
    const { link, namespace } = nodeNames('abc123', 7);
    const last = (path: string) => path.split('/').at(-1) ?? '';
    for (const name of [bridge, table, last(directory), last(cgroup), link, namespace]) {
      expect(clusterOf(name), name).toBe('abc123');
    }
    for (const name of [
      'eth0',
      'sda',
      'sdabc12',
      'shakedown',
      'sd-abc123',
      'xsdabc123',
      'abc1234',
      'lost+found',
    ]) {
      expect(clusterOf(name), name).toBeUndefined();
    }
  });
});

describe('identities', () => {
  test('host keys are such as sshd takes, each and every one', () => {
    for (let round = 0; round < 600; round++) {
      const { hostKey, publicHostKey } = hostKeyPair();
      const [secret, open] = [ssh2().utils.parseKey(hostKey), ssh2().utils.parseKey(publicHostKey)];
      if (secret instanceof Error || open instanceof Error)
        throw new Error(`round ${round}: ${publicHostKey}`);
      expect(open.verify('words', secret.sign('words'))).toBe(true);
    }
  });

  test('machine ids are 32 hex digits', () => expect(machineId()).toMatch(/^[0-9a-f]{32}$/));
});

describe('a listed cluster', () => {
  function folder(state?: string, kept = false): string {
    const root = mkdtempSync(join(tmpdir(), 'shakedown-state-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, 'abc123'));
    if (state !== undefined) writeFileSync(join(root, 'abc123/state.json'), state);
    if (kept) writeFileSync(join(root, 'abc123/kept'), '');
    return root;
  }
  const owned = (owner: unknown) => JSON.stringify({ id: 'abc123', owner });

  test('has an owner while the process that made it lives', async () =>
    expect(await listed('abc123', folder(owned(processIdentity())))).toEqual({
      id: 'abc123',
      kept: false,
      ownerAlive: true,
    }));

  test.each([
    ['its process was another with the same id', owned({ ...processIdentity(), startTime: '1' })],
    ['the machine has been started anew', owned({ ...processIdentity(), bootId: 'another' })],
    ['the state is broken', '{"id":'],
    ['there is no state', undefined],
  ])('has none when %s', async (_why, state) =>
    expect(await listed('abc123', folder(state))).toMatchObject({ ownerAlive: false }),
  );

  test('tells that it is kept', async () =>
    expect(await listed('abc123', folder(owned({ pid: 1 }), true))).toMatchObject({ kept: true }));
});
