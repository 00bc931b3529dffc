import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { destroyScript } from '../../../../main/providers/qemu/destroy-script.ts';
import { cloneScript } from '../../../../main/providers/qemu/guest/clone-script.ts';
import {
  initProgram,
  mountSharesScript,
  portProgram,
  trialWord,
} from '../../../../main/providers/qemu/guest/guest-files.ts';
import { identityScript } from '../../../../main/providers/qemu/guest/identity-script.ts';
import { buildImageScript } from '../../../../main/providers/qemu/images/build-image-script.ts';
import { saveTemplateScript } from '../../../../main/providers/qemu/images/template-script.ts';
import { cloudSeed } from '../../../../main/providers/qemu/machines/cloud-seed.ts';
import { createScript } from '../../../../main/providers/qemu/machines/create-script.ts';
import type { MachinePlan } from '../../../../main/providers/qemu/machines/machine-plan.ts';
import { startAgainScript } from '../../../../main/providers/qemu/machines/start-again.ts';
import {
  destroyOwnScript,
  namespaceScript,
} from '../../../../main/providers/qemu/network/namespace-scripts.ts';

const hardware = { accelerator: 'tcg', memory: 512 * 1024 ** 2, cpus: 0.5 } as const;
const boot = { kernel: '/k', initrd: '/i', busybox: '/b', kernelOptions: '' };
const who = {
  name: 'n0',
  machineId: '0'.repeat(32),
  hostKey: "a key's\nlines\n",
  publicHostKey: 'ssh-ed25519 AAAA',
};
const machine: MachinePlan = { ...who, id: 0, hardware, backing: '/d', backingFormat: 'qcow2', boot };
const overCloudImage: MachinePlan = {
  ...who,
  id: 0,
  hardware,
  backing: '/srv/d.raw',
  backingFormat: 'raw',
  diskSize: 10,
};
const plan = {
  cluster: 'a1b2c3',
  state: { id: 'a1b2c3', owner: { pid: 1 } },
  images: ['/images/a b'],
  reach: 'bridge',
  subnets: ['10.101.7'],
  ports: [],
  machines: [machine],
  user: 'joe',
  publicKey: "ssh-ed25519 AAAA joe's",
  resolver: { servers: ['192.0.2.1', 'main'], rest: ["search it's.example"] },
  shares: { disk: '/shares.raw', mountScript: '' },
  inNamespace: false,
} as const;
const ofAUser = { ...plan, reach: 'slirp', inNamespace: true } as const;
const template = { hardware, boot, disk: '/d', sharesSize: 1024 };

describe('scripts are such as their shells can read', () => {
  test.each([
    ['bash', 'a cluster', createScript(plan)],
    ['bash', 'a machine behind QEMU’s own network', createScript({ ...plan, reach: 'user', ports: [80] })],
    ['bash', 'an image of others', createScript({ ...plan, machines: [overCloudImage] })],
    ['bash', 'a machine that is started again', startAgainScript('a1b2c3', 0)],
    ['bash', 'its end', destroyScript('a1b2c3')],
    ['bash', 'a cluster of a user who cannot be root', createScript(ofAUser)],
    ['bash', 'its namespaces', namespaceScript(ofAUser)],
    ['bash', 'the end of it', destroyOwnScript('a1b2c3')],
    ['bash', 'a template', saveTemplateScript(template, "/it's", '{}', who)],
    [
      'bash',
      'an image',
      buildImageScript({ tree: "/it's", distribution: 'debian', image: '/i', rebuild: false, env: {} }),
    ],
    ['sh', 'the first program', initProgram],
    ['sh', 'the serial port', portProgram],
    ['sh', 'who a machine is', identityScript({ ...who, user: 'joe', publicKey: "it's" })],
    ['sh', 'a clone', cloneScript({ seed: 'ab', now: 1, bootId: 'x' }, 'true')],
    ['sh', 'what it sees', mountSharesScript(["/it's", '/srv/a b'])],
  ])('%s: %s', async (shell, _what, script) => {
    const { stderr, exitCode } = await execa(shell, ['-n'], { input: script, reject: false });
    expect([exitCode, stderr]).toEqual([0, '']);
  });
});

test('the word that a trial boot waits for is what the first program says', () =>
  expect(initProgram).toContain(`echo '${trialWord}'`));

test('the machine’s own processor time is held only where it is part of a core', () => {
  expect(createScript(plan)).toContain("cpu_limits=('50000')");
  const whole = { ...machine, hardware: { ...hardware, cpus: 2 } };
  expect(createScript({ ...plan, machines: [whole] })).toContain("cpu_limits=('')");
});

describe('what cloud-init is given', () => {
  const seed = cloudSeed({
    ...who,
    cluster: 'a1b2c3',
    id: 0,
    mac: '52:54:a1:b2:c3:00',
    user: 'joe',
    publicKey: 'ssh-ed25519 AAAA joe',
    resolver: { servers: ['192.0.2.1', 'main'], rest: [] },
  });
  const userData = () => JSON.parse((seed['user-data'] ?? '').replace('#cloud-config\n', ''));

  test('begins with the word by which it knows its own format', () =>
    expect(seed['user-data']).toMatch(/^#cloud-config\n/));

  test('is the host key that will be checked, and no other', () =>
    expect(userData()).toMatchObject({
      ssh_deletekeys: true,
      ssh_keys: { ed25519_private: who.hostKey, ed25519_public: who.publicHostKey },
    }));

  test('lets root in, and the user with sudo, by key only', () =>
    expect(userData().users).toEqual([
      { name: 'root', ssh_authorized_keys: ['ssh-ed25519 AAAA joe'] },
      expect.objectContaining({ name: 'joe', sudo: 'ALL=(ALL) NOPASSWD:ALL', lock_passwd: true }),
    ]));

  test('makes it another instance than any other machine', () =>
    expect(JSON.parse(seed['meta-data'] ?? '')).toMatchObject({ 'instance-id': 'sqa1b2c3-0' }));

  test('names the network card by its address, and numbers are numbers when they are known', () => {
    const network = JSON.parse((seed['network-config'] ?? '').replaceAll('@mtu@', '1500'));
    expect(network.ethernets.card).toMatchObject({
      match: { macaddress: '52:54:a1:b2:c3:00' },
      mtu: 1500,
      nameservers: { addresses: ['192.0.2.1', '@net@.1'] },
    });
  });
});
