import { describe, expect, test } from 'vitest';
import {
  type MachineArguments,
  machineArguments,
} from '../../../../../main/providers/qemu/machines/machine-arguments.ts';

const machine: MachineArguments = {
  name: 'sqa1b2c3-0',
  hardware: { accelerator: 'tcg', memory: 512 * 1024 ** 2, cpus: 1 },
  boot: { kernel: '/k', initrd: '/i', kernelOptions: '' },
  disk: '/var/lib/d.qcow2',
  extraDisk: '/shares.raw',
  network: { kind: 'tap', link: 'sqa1b2c3v0' },
  mac: '52:54:a1:b2:c3:00',
  console: 'file,path=/c',
  port: 'socket,path=/p',
  monitor: 'socket,path=/m',
};
const line = (changed: Partial<MachineArguments> = {}) =>
  machineArguments({ ...machine, ...changed }).join(' ');
const hardware = (changed: object) => line({ hardware: { ...machine.hardware, ...changed } });

test('emulated machines have a processor that programs for x86-64-v2 run on', () =>
  expect(line()).toContain('-accel tcg,thread=multi -cpu qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt'));

test('under KVM they have the host’s own, unless a model is named', () => {
  expect(hardware({ accelerator: 'kvm' })).toContain('-accel kvm -cpu host');
  expect(hardware({ accelerator: 'kvm', cpuModel: 'Nehalem' })).toContain('-cpu Nehalem');
});

test('memory is in MiB, and part of a core is one core', () =>
  expect(hardware({ memory: 256 * 1024 ** 2 + 1, cpus: 1.5 })).toContain('-m 257M -smp 2'));

test('a comma in a path is doubled, as QEMU wants it', () =>
  expect(line({ disk: '/a,b.qcow2' })).toContain('file=/a,,b.qcow2,'));

test('a disk with a boot loader gets no kernel', () =>
  expect(line({ boot: undefined })).not.toContain('-kernel'));

describe('a clone and its template', () => {
  const devices = (changed: Partial<MachineArguments>) =>
    machineArguments({ ...machine, ...changed }).filter((_, index, all) => all[index - 1] === '-device');

  test('have the same devices, whatever their network goes to', () => {
    const template = devices({ network: { kind: 'none' } });
    expect(devices({})).toEqual(template);
    expect(devices({ network: { kind: 'user', forwards: [[0, 22]] } })).toEqual(template);
  });

  test('QEMU’s own network, which would be saved too, is not the template’s', () =>
    expect(line({ network: { kind: 'none' } })).toContain('-netdev hubport'));
});

test('QEMU’s own network forwards ports of the loopback only', () => {
  const network = {
    kind: 'user',
    forwards: [
      [0, 22],
      [80, 80],
    ],
  } as const;
  expect(line({ network })).toContain('hostfwd=tcp:127.0.0.1:0-:22,hostfwd=tcp:127.0.0.1:80-:80');
});
