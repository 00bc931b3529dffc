import { freemem, totalmem } from 'node:os';
import { ShakedownError } from '../../../common/errors.ts';
import type { MachineSpec } from '../provider.ts';

/** What an idle container takes: systemd, journald, dbus and sshd. */
const idle = 24 * 1024 ** 2;
const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MiB`;

/**
 * Throws ShakedownError when a container may have more memory (`limitOf`, bytes) than this main host has, or
 * when there is no memory for so many: all of them would start, and the kernel would then kill at random.
 */
export function mustHaveMemory(
  machines: readonly MachineSpec[],
  limitOf: (id: number) => number | undefined,
  memory: { readonly free: number; readonly total: number } = { free: freemem(), total: totalmem() },
): void {
  for (const { id, name } of machines) {
    const limit = limitOf(id) ?? 0;
    if (limit <= memory.total) continue;
    throw new ShakedownError({
      message: `node ${id} (${name}) asks for ${mebibytes(limit)} of memory, and this main host has ${mebibytes(memory.total)}`,
      phase: 'machines',
      hint: "correct 'memory' of the machines",
    });
  }
  const most = Math.floor(memory.free / idle);
  if (machines.length <= most) return;
  throw new ShakedownError({
    message: `there is no memory for ${machines.length} machines: ${mebibytes(memory.free)} are free, enough for ${most}`,
    phase: 'machines',
    hint: 'ask for fewer machines, or end others (shakedown reap)',
  });
}
