import { kernelWords } from '../guest/guest-files.ts';
import type { Boot, Hardware } from './machine-plan.ts';

/** The name of the disk that snapshots lie in. */
export const diskNode = 'disk0-node';

/** Where a machine's network card goes. */
export type Network =
  /** Nowhere: QEMU's own network is saved with a machine, and then its clones must have it too. */
  | { readonly kind: 'none' }
  | { readonly kind: 'tap'; readonly link: string }
  /** TCP ports of 127.0.0.1 and of the machine; 0 lets QEMU choose. */
  | { readonly kind: 'user'; readonly forwards: readonly (readonly [host: number, guest: number])[] };

export interface MachineArguments {
  readonly name: string;
  readonly hardware: Hardware;
  readonly boot: Pick<Boot, 'kernel' | 'initrd' | 'kernelOptions'> | undefined;
  readonly disk: string;
  /** A second disk, read-only: what the machine sees of the main host, or cloud-init's seed. */
  readonly extraDisk: string | undefined;
  readonly network: Network;
  readonly mac: string;
  /** QEMU's `-chardev` backends, without their ids. */
  readonly console: string;
  readonly port: string;
  readonly monitor: string;
}

/** Programs built for x86-64-v2 run; and it is quicker under emulation than `max`. */
const emulatedModel = 'qemu64,+ssse3,+sse4.1,+sse4.2,+popcnt';

/**
 * The words of QEMU's command line (qemu-system-x86_64(1)), without the program's name. Two calls with the
 * same hardware, one with a kernel or both without, give machines that can take over one another's memory.
 * Disks need no protection against a power cut of the main host.
 */
export function machineArguments(machine: MachineArguments): readonly string[] {
  const { hardware, boot, network, extraDisk } = machine;
  const { accelerator, cpuModel, memory, cpus } = hardware;
  const model = cpuModel ?? (accelerator === 'kvm' ? 'host' : emulatedModel);
  const drive = (id: string, file: string, more: string) =>
    `if=none,id=${id},node-name=${id}-node,file=${file.replaceAll(',', ',,')},cache=unsafe,${more}`;
  return [
    ...['-name', machine.name, '-nodefaults', '-no-user-config', '-display', 'none'],
    // The machine type 'microvm' hangs in one boot of three under emulation.
    // What BIOS and boot loader say of a disk that does not boot goes to the console, too.
    ...[
      '-machine',
      boot ? 'pc' : 'pc,graphics=off',
      '-accel',
      accelerator === 'kvm' ? 'kvm' : 'tcg,thread=multi',
      '-cpu',
      model,
    ],
    ...['-m', `${Math.ceil(memory / 1024 ** 2)}M`, '-smp', String(Math.ceil(cpus)), '-rtc', 'base=utc'],
    ...(boot
      ? [
          '-kernel',
          boot.kernel,
          '-initrd',
          boot.initrd,
          '-append',
          `${kernelWords} ${boot.kernelOptions}`.trim(),
        ]
      : []),
    ...['-drive', drive('disk0', machine.disk, 'format=qcow2'), '-device', 'virtio-blk-pci,drive=disk0'],
    ...(extraDisk === undefined
      ? []
      : [
          '-drive',
          drive('disk1', extraDisk, 'format=raw,readonly=on'),
          '-device',
          'virtio-blk-pci,drive=disk1',
        ]),
    ...['-netdev', netdev(network), '-device', `virtio-net-pci,netdev=net0,mac=${machine.mac},romfile=`],
    ...['-device', 'virtio-rng-pci'],
    ...['-chardev', `${machine.console},id=console`, '-serial', 'chardev:console'],
    ...['-chardev', `${machine.port},id=port`, '-serial', 'chardev:port'],
    ...['-chardev', `${machine.monitor},id=monitor`, '-mon', 'chardev=monitor,mode=control'],
  ];
}

/** Without vnet_hdr all of them give the machine the same card. */
function netdev(network: Network): string {
  if (network.kind === 'none') return 'hubport,id=net0,hubid=0';
  if (network.kind === 'tap') {
    return `tap,id=net0,ifname=${network.link},script=no,downscript=no,vnet_hdr=off`;
  }
  const forwards = network.forwards.map(([host, guest]) => `hostfwd=tcp:127.0.0.1:${host}-:${guest}`);
  return ['user,id=net0', ...forwards].join(',');
}
