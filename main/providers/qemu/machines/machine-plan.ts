import type { Accelerator } from '../accelerator.ts';

/** One virtual machine as it shall be. Paths are absolute. */
export interface MachinePlan {
  readonly id: number;
  readonly name: string;
  readonly hardware: Hardware;
  /** The disk image that its own disk lies over. */
  readonly backing: string;
  /** As qemu-img names it: `qcow2`, `raw`. */
  readonly backingFormat: string;
  /** The disk of the layer that it starts from. */
  readonly layerDisk?: string;
  /** Bytes that its own disk has; without it as many as `backing`. */
  readonly diskSize?: number;
  /** How our own images boot; without it the disk has a boot loader. */
  readonly boot?: Boot;
  /** The saved memory that it starts from. */
  readonly memoryFile?: string;
  readonly machineId: string;
  /** OpenSSH's private key format, and `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
  readonly publicHostKey: string;
}

/** What a machine and the one that it is a clone of must have alike. */
export interface Hardware {
  readonly accelerator: Accelerator;
  readonly cpuModel?: string;
  /** Bytes. */
  readonly memory: number;
  /** Cores; 0.5 is one core for half of the time. */
  readonly cpus: number;
}

export interface Boot {
  readonly kernel: string;
  readonly initrd: string;
  readonly kernelOptions: string;
  readonly busybox: string;
}
