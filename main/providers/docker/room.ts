import { freemem, totalmem } from 'node:os';
import { ShakedownError } from '../../../common/errors.ts';
import type { MachineSpec } from '../provider.ts';
import { limitsOf } from './container-plan.ts';
import type { DockerSettings } from './docker-options.ts';
import type { Engine } from './engine.ts';

/** What an idle machine takes: systemd, journald, dbus and sshd. */
const idle = 24 * 1024 ** 2;
const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MiB`;

/**
 * Throws ShakedownError when limits are asked for that this engine cannot set, or when there is no memory for so many
 * machines: an engine would start them all, and the kernel would then kill at random.
 */
export function checkRoom(
  machines: readonly MachineSpec[],
  settings: DockerSettings,
  engine: Pick<Engine, 'limits' | 'kind'>,
  memory: { readonly free: number; readonly total: number } = { free: freemem(), total: totalmem() },
): void {
  for (const { id, name } of machines) {
    const limits = limitsOf(settings, id);
    const [first] = Object.keys(limits).filter((limit) => limit !== 'disk');
    if (first !== undefined && !engine.limits) {
      throw new ShakedownError({
        message: `${engine.kind} without root cannot limit '${first}' on this main host`,
        phase: 'machines',
        hint: 'leave the limits out, or run as root; it takes cgroups of version 2 that systemd hands to the user (Delegate=yes)',
      });
    }
    if (limits.memory !== undefined && limits.memory > memory.total) {
      throw new ShakedownError({
        message: `node ${id} (${name}) asks for ${mebibytes(limits.memory)} of memory, and this main host has ${mebibytes(memory.total)}`,
        phase: 'machines',
        hint: "correct 'memory' of the machines",
      });
    }
  }
  const places = Math.floor(memory.free / idle);
  if (machines.length <= places) return;
  throw new ShakedownError({
    message: `there is no memory for ${machines.length} machines: ${mebibytes(memory.free)} are free, enough for ${places}`,
    phase: 'machines',
    hint: 'ask for fewer machines, or end others (shakedown reap)',
  });
}
