import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ShakedownError, UsageError } from '../../../../common/errors.ts';
import { docker, settingsOf } from '../../../../main/providers/docker/docker-options.ts';
import { DockerProvider } from '../../../../main/providers/docker/docker-provider.ts';
import { registryName } from '../../../../main/providers/docker/images/own-image.ts';
import { readState } from '../../../../main/providers/docker/list-clusters.ts';
import {
  clusterNames,
  clusterOf,
  consoleLog,
  containerName,
} from '../../../../main/providers/docker/names.ts';
import { checkRoom } from '../../../../main/providers/docker/room.ts';
import { freePorts } from '../../../../main/providers/host/free-ports.ts';
import { machineAt } from '../../../../main/providers/host/machine-at.ts';
import { runContext } from '../../../fakes/run-context.ts';

const provider = new DockerProvider();
const machines = [{ id: 0, name: 'n0' }];
const preview = (options: unknown) => provider.preview({ machines, options, login: {} });

describe('options', () => {
  test('docker({ count: 3 }) is plain data', () =>
    expect(docker({ count: 3 })).toEqual({ provider: 'docker', options: { count: 3 } }));

  test.each([
    {},
    { count: 1, nodes: [{}] },
    { count: 1, memory: '1M' },
    { count: 1, engine: 'lxc' },
    { count: 1, image: '--privileged' },
    { count: 1, image: 'two words' },
    { count: 1, image: 'debian:12', packages: ['hello'] },
    { cuont: 1 },
  ])('%j is refused as the user’s mistake', async (options) =>
    expect(preview(options)).rejects.toBeInstanceOf(UsageError),
  );

  test.each([
    { count: 200 },
    { count: 1, image: 'registry.example.org:5000/team/debian@sha256:0123' },
    { count: 1, engine: 'podman', packages: ['hello'], os: 'trixie' },
    { nodes: [{ name: 'db', role: 'primary', memory: '256M' }, {}] },
  ])('%j is taken', async (options) => expect(await preview(options)).toHaveLength(1));
});

test.each([{ user: 'root; reboot', publicKey: 'ssh-ed25519 AAAA' }, { user: 'root' }])(
  'the login %j is refused before anything is made',
  async (login) => {
    const ctx = runContext({ cacheDir: '/nonexistent' });
    const spec = { cluster: 'abc123', machines, options: { count: 1 }, login, shares: [] };
    await expect(provider.create(spec, ctx)).rejects.toBeInstanceOf(UsageError);
  },
);

test('only six hex digits are the id of a cluster', async () => {
  const ctx = { signal: new AbortController().signal, log: () => undefined };
  await expect(provider.destroy({ id: '../../etc' }, ctx)).rejects.toBeInstanceOf(UsageError);
  await expect(provider.keep({ id: 'abc12' })).rejects.toBeInstanceOf(UsageError);
});

describe('names', () => {
  test('all hold the cluster’s id, and interface names fit into the kernel’s 15 characters', () => {
    const names = [
      ...Object.values(clusterNames('abc123')),
      containerName('abc123', 199),
      consoleLog('abc123', 7),
    ];
    expect(names.every((name) => name.includes('abc123'))).toBe(true);
    expect(`${clusterNames('abc123').bridge}v199`.length).toBeLessThanOrEqual(15);
  });

  test('the id is read from what is ours, and from nothing else', () => {
    const { network, keptMark } = clusterNames('abc123');
    for (const name of [network, keptMark, containerName('abc123', 12)])
      expect(clusterOf(name), name).toBe('abc123');
    for (const name of [
      'shakedown',
      'shakedown-abc12',
      'shakedown-abc123-db',
      'my-shakedown-abc123',
      'sdabc123',
    ]) {
      expect(clusterOf(name), name).toBeUndefined();
    }
  });
});

describe('a machine', () => {
  test('knows addresses of its network that no machine has, however many there are', () => {
    const machines = Array.from({ length: 200 }, (_, id) => machineAt('10.1.2', { id, name: `n${id}` }, {}));
    const [first] = machines;
    expect(first?.spareAddresses).toEqual(expect.arrayContaining(['10.1.2.254', '10.1.2.247']));
    const taken = new Set(['10.1.2.1', ...machines.map(({ address }) => address)]);
    expect(first?.spareAddresses?.filter((address) => taken.has(address))).toEqual([]);
  });

  test('is reached by ssh at its own address, with the host key that was made for it', () =>
    expect(
      machineAt(
        '10.1.2',
        { id: 3, name: 'db' },
        { user: 'joe', keyFile: '/k' },
        {
          consoleLog: '/c',
          hostKey: 'ssh-ed25519 AAAA',
          port: undefined,
        },
      ),
    ).toMatchObject({
      address: '10.1.2.5',
      ssh: { host: '10.1.2.5', port: 22, user: 'joe', keyFile: '/k', hostKey: 'ssh-ed25519 AAAA' },
    }));

  test('or at the port that is published for it, where only the other nodes reach its address', () =>
    expect(
      machineAt('10.1.2', { id: 3, name: 'db' }, {}, { consoleLog: '/c', hostKey: 'x', port: 40001 }),
    ).toMatchObject({ address: '10.1.2.5', sshOnly: true, ssh: { host: '127.0.0.1', port: 40001 } }));
});

describe('before anything is made it is told', () => {
  const able = { kind: 'podman', limits: true } as const;
  const memory = { free: 1024 ** 3, total: 2 * 1024 ** 3 };
  const check = (options: object, engine: Parameters<typeof checkRoom>[2] = able, count = 1) =>
    checkRoom(
      Array.from({ length: count }, (_, id) => ({ id, name: `n${id}` })),
      settingsOf({ count, ...options }),
      engine,
      memory,
    );

  test('that there is room', () => expect(check({ memory: '512M' }, able, 40)).toBeUndefined());
  test('that there is no memory for so many', () =>
    expect(() => check({}, able, 43)).toThrow(/no memory for 43 machines/));
  test('that limits cannot be held', () =>
    expect(() => check({ cpus: 1 }, { kind: 'podman', limits: false })).toThrow(ShakedownError));
});

test('names of images without a registry mean Docker Hub’s', () =>
  expect(
    ['debian', 'debian:12', 'team/app', 'localhost/x', 'quay.io/a/b', 'host:5000/x'].map(registryName),
  ).toEqual([
    'docker.io/library/debian',
    'docker.io/library/debian:12',
    'docker.io/team/app',
    'localhost/x',
    'quay.io/a/b',
    'host:5000/x',
  ]));

test('free ports are free, and each is another', async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  const server = createServer().listen(ports[0], '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  server.close();
});

test('a state that is lost or broken is no state', async () => {
  const root = mkdtempSync(join(tmpdir(), 'shakedown-state-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  expect(await readState('abc123', root)).toBeUndefined();
  mkdirSync(join(root, 'abc123'));
  writeFileSync(join(root, 'abc123/state.json'), '{"id":');
  expect(await readState('abc123', root)).toBeUndefined();
  writeFileSync(join(root, 'abc123/state.json'), '{"id":"abc123"}');
  expect(await readState('abc123', root)).toEqual({ id: 'abc123' });
});
