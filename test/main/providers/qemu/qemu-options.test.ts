import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../common/errors.ts';
import { locatedImage, qemu } from '../../../../main/providers/qemu/qemu-options.ts';
import { QemuProvider } from '../../../../main/providers/qemu/qemu-provider.ts';

const provider = new QemuProvider();
const machines = [{ id: 0, name: 'n0' }];
const preview = (options: unknown) => provider.preview({ machines, options, login: {} });

test('qemu({ count: 3 }) is plain data', () =>
  expect(qemu({ count: 3 })).toEqual({ provider: 'qemu', options: { count: 3 } }));

describe('options', () => {
  test.each([
    [{}, 'either count or nodes'],
    [{ count: 1, nodes: [{}] }, 'either count or nodes'],
    [{ count: 1, memory: '100M' }, '160M of memory or more'],
    [{ nodes: [{ memory: '64M' }] }, '160M of memory or more'],
    [{ count: 2, network: 'user' }, "need 'bridge'"],
    [{ count: 1, ports: [80] }, "ports are for network 'user'"],
    [{ count: 1, network: 'user', ports: [0] }, 'ports'],
    [{ count: 1, image: 'x.qcow2', packages: ['etcd-server'] }, 'cannot go together with image'],
    [{ count: 1, image: 'x.qcow2', kernelOptions: 'debug' }, 'boot loader of its own'],
    [{ count: 1, accelerator: 'hvf' }, 'accelerator'],
    [{ count: 1, cpuModel: 'a b' }, "a model as QEMU's -cpu takes it"],
    [{ count: 1, os: '../x' }, 'release by its name'],
    [{ count: 1, os: 'bookwrm' }, "did you mean 'bookworm'"],
    [{ cuont: 1 }, 'cuont'],
  ])('%j is refused as the user’s mistake', async (options, message) => {
    const refused = preview(options);
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    await expect(refused).rejects.toThrow(message);
  });

  test.each([
    { count: 200 },
    { count: 1, memory: '1.5G', cpus: 0.5, disk: '20G' },
    { count: 1, network: 'user', ports: [8080] },
    { count: 1, image: 'https://cloud.example/debian-12.qcow2', start: 'cold' },
    { count: 1, accelerator: 'kvm', cpuModel: 'qemu64,+avx', kernelOptions: 'quiet' },
    { nodes: [{ name: 'db', role: 'primary', memory: '256M', os: 'trixie' }, {}] },
  ])('%j is taken', async (options) => expect(await preview(options)).toHaveLength(1));
});

describe('an image', () => {
  const located = (image: string) => locatedImage({ count: 1, image }, '/home/joe/scenario');

  test('lies in the scenario’s folder', () =>
    expect(located('debian.qcow2')).toEqual({ count: 1, image: '/home/joe/scenario/debian.qcow2' }));

  test('with an absolute path, or a URL, is where that says', () => {
    expect(located('/srv/debian.qcow2')).toEqual({ count: 1, image: '/srv/debian.qcow2' });
    expect(located('https://cloud.example/d.qcow2')).toEqual({
      count: 1,
      image: 'https://cloud.example/d.qcow2',
    });
  });

  test('is not looked for in options that are wrong', () =>
    expect(locatedImage({ image: 'x' }, '/tmp')).toEqual({ image: 'x' }));
});
