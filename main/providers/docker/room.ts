import { ShakedownError } from '../../../common/errors.ts';
import { mustHaveMemory } from '../host/container-memory.ts';
import type { MachineSpec } from '../provider.ts';
import type { DockerSettings } from './docker-options.ts';
import type { Engine } from './engines/engine.ts';
import { limitsOf } from './machines/container-plan.ts';

/**
 * Throws ShakedownError when limits are asked for that this engine cannot set, or when there is no memory
 * for so many machines.
 */
export function checkRoom(
  machines: readonly MachineSpec[],
  settings: DockerSettings,
  engine: Pick<Engine, 'limits' | 'kind'>,
  memory?: Parameters<typeof mustHaveMemory>[2],
): void {
  const wanted = machines.flatMap(({ id }) => Object.keys(limitsOf(settings, id)));
  const first = wanted.find((limit) => limit !== 'disk');
  if (first !== undefined && !engine.limits) {
    throw new ShakedownError({
      message: `${engine.kind} without root cannot limit '${first}' on this main host`,
      phase: 'machines',
      hint: 'leave the limits out, or run as root; it takes cgroups of version 2 that systemd hands to the user (Delegate=yes)',
    });
  }
  mustHaveMemory(machines, (id) => limitsOf(settings, id).memory, memory);
}
