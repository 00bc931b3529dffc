import { readFile, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { ShakedownError } from '../../../common/errors.ts';
import { rootCanBeHad } from '../host/own-root.ts';
import { bytes, settingsOfMachine } from '../machine-options.ts';
import type { MachineSpec } from '../provider.ts';
import { stateRoot } from './names.ts';
import type { QemuSettings } from './qemu-options.ts';

const mebibyte = 1024 ** 2;

/** What a machine writes before anything is asked of it. */
const leastDisk = 128 * mebibyte;

export interface Room {
  /** Bytes that programs may have without swapping, and bytes for the disks. */
  readonly memory: number;
  readonly disk: number;
}

async function roomHere(): Promise<Room> {
  const { bavail, bsize } = await statfs(stateRoot()).catch(() =>
    statfs(rootCanBeHad() ? '/var/lib' : homedir()),
  );
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const available = /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return {
    memory: available === undefined ? Number.POSITIVE_INFINITY : Number(available) * 1024,
    disk: bavail * bsize,
  };
}

/** How much memory a machine has, in bytes. */
export const memoryOf = (settings: QemuSettings, id: number): number =>
  bytes(settingsOfMachine(settings, id).memory ?? settings.memory);

/**
 * Throws ShakedownError when this host has not the memory or the disk space that the machines want: a machine
 * that gets none later would stand still without a word.
 */
export async function mustHaveRoom(
  settings: QemuSettings,
  machines: readonly MachineSpec[],
  room?: Room,
): Promise<void> {
  const { memory, disk } = room ?? (await roomHere());
  const wanted = machines.reduce((sum, { id }) => sum + memoryOf(settings, id), 0);
  const inWords = (value: number) => `${Math.floor(value / mebibyte)} MiB`;
  const count = machines.length === 1 ? 'a virtual machine' : `${machines.length} virtual machines`;
  if (wanted > memory) {
    throw new ShakedownError({
      message: `there is no memory for ${count}: ${inWords(wanted)} are wanted and ${inWords(memory)} are free`,
      phase: 'machines',
      hint: "ask for fewer machines or less 'memory' for each, or destroy others: shakedown reap",
    });
  }
  if (leastDisk * machines.length > disk) {
    throw new ShakedownError({
      message: `there is no disk space for ${count}: ${inWords(disk)} are free in ${stateRoot()}`,
      phase: 'machines',
      hint: `make room there for ${inWords(leastDisk * machines.length)} or more`,
    });
  }
}
