import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  dockerEngine,
  findDocker,
  isEngine,
} from '../../../../main/providers/docker/engines/docker-engine.ts';
import { explainEngine } from '../../../../main/providers/docker/engines/explain-engine.ts';
import {
  aboutEngine,
  chooseEngine,
  enginesInUse,
  probeEngines,
} from '../../../../main/providers/docker/engines/find-engines.ts';
import { judgePodman } from '../../../../main/providers/docker/engines/find-podman.ts';
import { containersConf } from '../../../../main/providers/docker/engines/podman-engine.ts';
import { folder } from '../../remotes/fake-node.ts';

describe('what engines say, in words', () => {
  test.each([
    [
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/info": dial unix /var/run/docker.sock: connect: permission denied',
      "this user may not use Docker's socket /var/run/docker.sock",
    ],
    [
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      'no Docker engine answers at unix:///var/run/docker.sock',
    ],
    [
      'Error: writing blob: adding layer with blob "sha256:0": processing tar file(write /usr/bin/perl: no space left on device): exit status 1',
      'there is no space left for images and containers',
    ],
    [
      "Error response from daemon: --storage-opt is supported only for overlay over xfs with 'pquota' mount option",
      'this engine cannot limit the disk of a container',
    ],
    [
      'Error: storage option overlay.size and overlay.inodes only supported for backingFS XFS. Found extfs',
      'this engine cannot limit the disk of a container',
    ],
    [
      'runc: runc create failed: unable to start container process: fork/exec /proc/self/exe: cannot allocate memory',
      'there is no memory for one more container',
    ],
    [
      'Error: /usr/bin/slirp4netns failed: "open(\\"/dev/net/tun\\"): Permission denied\\nWARNING: Support for seccomp is experimental"',
      'this user may not use /dev/net/tun, which networks without root are made with',
    ],
    [
      'shakedown: this image has no sshd\nnode 2 stopped as soon as it was started\n',
      'node 2 stopped as soon as it was started',
    ],
  ])('%s', (stderr, message) =>
    expect(explainEngine(stderr)).toMatchObject({ message, hint: expect.any(String) }),
  );

  test('other words are left as they are', () => expect(explainEngine('Error: exit status 7')).toEqual({}));
});

describe('a Docker engine', () => {
  test('of this main host is reached at the addresses of its containers', () =>
    expect(dockerEngine({ CgroupVersion: '2' }, 'unix:///var/run/docker.sock')).toMatchObject({
      env: { DOCKER_HOST: 'unix:///var/run/docker.sock' },
      reach: 'address',
      init: 'systemd',
      limits: true,
    }));

  test.each([
    [
      { SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'] },
      'unix:///run/user/1/docker.sock',
    ],
    [
      { OperatingSystem: 'Docker Desktop', CgroupVersion: '2' },
      'unix:///home/joe/.docker/desktop/docker.sock',
    ],
    [{ CgroupVersion: '2' }, 'ssh://joe@elsewhere'],
  ])('%j at %s is reached by published ports', (info, host) =>
    expect(dockerEngine(info, host).reach).toBe('ports'),
  );

  test('without root and cgroups of version 2 runs no systemd, and sets no limits', () =>
    expect(dockerEngine({ SecurityOptions: ['name=rootless'], CgroupVersion: '1' }, '')).toMatchObject({
      init: 'sshd',
      limits: false,
    }));

  test('that is not there is told with its address', async () => {
    const found = await findDocker(new AbortController().signal, { DOCKER_HOST: 'unix:///nonexistent.sock' });
    expect(isEngine(found)).toBe(false);
    expect(found).toMatchObject({
      reason: expect.stringMatching(/nonexistent\.sock|not installed|stand-in/),
    });
  });
});

describe('what is to be known of an engine before it is chosen', () => {
  const engine = dockerEngine({ CgroupVersion: '2' }, '');

  test('its name; that what listens on its machines is reached by ssh; that they have no systemd', () => {
    expect(aboutEngine(engine)).toEqual({ note: 'by Docker' });
    expect(aboutEngine({ ...engine, kind: 'podman', reach: 'ports' })).toEqual({
      note: 'by Podman without root: what listens on them is reached by ssh',
    });
    expect(aboutEngine({ ...engine, init: 'sshd' }).lacks).toMatch(/^no systemd: /);
  });
});

describe('Podman', () => {
  const joe = { uid: 1001, username: 'joe' };
  const root = { uid: 0, username: 'root' };
  const caps = 'caps 000001ffffffffff';

  test('works for root with all rights, and for a user who has what it takes', () => {
    expect(judgePodman(`${caps}\nlacks subuid\nlacks tun`, root)).toBeUndefined();
    expect(judgePodman('caps 0000000000000000', joe)).toBeUndefined();
  });

  test('that is missing is told with the Debian packages that have what it needs', () =>
    expect(
      judgePodman('missing podman\nmissing newuidmap\nmissing newgidmap\nmissing slirp4netns', joe),
    ).toEqual({
      reason: 'Podman is not installed',
      missingPackages: ['podman', 'uidmap', 'slirp4netns'],
    }));

  test.each([
    ['lacks userns', joe, /may not make user namespaces/],
    ['lacks subuid\nlacks subgid\nlacks map', joe, /usermod --add-subuids .* joe/],
    ['lacks map', joe, /ids of user joe cannot be mapped here: .* util-linux 2\.38/],
    ['lacks tun', joe, /chmod 666 \/dev\/net\/tun/],
    ['missing runc\n', joe, /lacks runc/],
    ['caps 00000000a80425fb', root, /privileged/],
  ])('%j does not work for %j', (printed, user, reason) =>
    expect(judgePodman(printed, user)).toMatchObject({ reason: expect.stringMatching(reason) }),
  );

  test('asks for no more open files and processes than we have ourselves', () => {
    const limits =
      'Max processes             96365                96365                processes \nMax open files            1024                 20000                files     \n';
    expect(containersConf(limits, 32768)).toContain(
      'default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]',
    );
    const unlimited = 'Max processes             unlimited            unlimited            processes \n';
    expect(containersConf(unlimited, 4194304)).toContain(
      '["nofile=1048576:1048576", "nproc=4194304:4194304"]',
    );
  });

  test('has networks and settings of our own', () =>
    expect(containersConf()).toMatch(/network_config_dir = ".*shakedown\/docker\/podman\/networks"/));
});

test('this machine will do, or the reason is told', async () => {
  const result = await probeEngines(new AbortController().signal);
  expect(result.reason === undefined).toBe(result.ok);
});

describe('a run asks at several places', () => {
  /** A `docker` on the PATH that answers by `info`, and a note of each time that it was asked for that. */
  function dockerOf(info: string) {
    const bin = folder();
    const answer = (text: string) => {
      const script = `#!/bin/sh\n[ "$1" != info ] || { echo >> ${bin}/asked; ${text}; }\n`;
      writeFileSync(join(bin, 'docker'), script, { mode: 0o755 });
    };
    answer(info);
    writeFileSync(join(bin, 'asked'), '');
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
    onTestFinished(() => void vi.unstubAllEnvs());
    return { answer, asked: () => readFileSync(join(bin, 'asked'), 'utf8').length };
  }
  const { signal } = new AbortController();
  const info = `echo '{"CgroupVersion":"2"}'`;

  test('and the engine that was found is asked once', async () => {
    const docker = dockerOf(info);
    expect(await chooseEngine(signal, 'docker')).toMatchObject({ kind: 'docker' });
    await chooseEngine(signal, 'docker');
    expect(docker.asked()).toBe(1);
  });

  test('but for what is in it each time: one that has stopped would be taken for an empty one', async () => {
    const docker = dockerOf(info);
    await chooseEngine(signal, 'docker');
    const kinds = async () => (await enginesInUse(signal)).map(({ kind }) => kind);
    expect(await kinds()).toContain('docker');
    docker.answer('exit 1');
    expect(await kinds()).not.toContain('docker');
  });

  test('but again for another environment, and after a minute', async () => {
    const docker = dockerOf(info);
    await chooseEngine(signal, 'docker');
    vi.stubEnv('DOCKER_HOST', 'unix:///nowhere');
    await chooseEngine(signal, 'docker');
    expect(docker.asked()).toBe(2);
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_001);
    onTestFinished(() => void vi.restoreAllMocks());
    await chooseEngine(signal, 'docker');
    expect(docker.asked()).toBe(3);
  });

  test('that there is none is found out anew each time', async () => {
    const docker = dockerOf('echo "Cannot connect to the Docker daemon at unix:///x. " >&2; exit 1');
    await expect(chooseEngine(signal, 'docker')).rejects.toThrow('no container engine can be used here');
    docker.answer(info);
    expect(await chooseEngine(signal, 'docker')).toMatchObject({ kind: 'docker' });
  });
});
