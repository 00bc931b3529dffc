import { present } from '../../../../common/present.ts';
import { hostKeyPair, machineId } from '../../host/identity.ts';
import { bytes, settingsOfMachine } from '../../machine-options.ts';
import type { MachineSpec } from '../../provider.ts';
import type { DockerSettings } from '../docker-options.ts';
import type { Image } from '../images/images-of.ts';

/** One container as it shall be. */
export interface ContainerPlan {
  readonly id: number;
  readonly name: string;
  readonly image: string;
  /** The image's own entry point and command. */
  readonly command: readonly string[];
  /** OpenSSH's private key format. */
  readonly hostKey: string;
  /** `ssh-ed25519 AAAA…` */
  readonly publicHostKey: string;
  readonly machineId: string;
  readonly limits: Limits;
}

/** Bytes, cores, processes, bytes. */
export interface Limits {
  readonly memory?: number;
  readonly cpus?: number;
  readonly pids?: number;
  readonly disk?: number;
}

/** `volatile`: its disk is not limited. */
export function containerPlan(
  machine: MachineSpec,
  settings: DockerSettings,
  image: Image,
  volatile = false,
): ContainerPlan {
  const { disk, ...limits } = limitsOf(settings, machine.id);
  return {
    id: machine.id,
    name: machine.name,
    image: image.name,
    command: image.command,
    machineId: machineId(),
    ...hostKeyPair(),
    limits: { ...limits, ...present({ disk: volatile ? undefined : disk }) },
  };
}

export function limitsOf(settings: DockerSettings, id: number): Limits {
  const { memory, cpus, pids, disk } = settingsOfMachine(settings, id);
  const inBytes = (size: typeof disk) => (size === undefined ? undefined : bytes(size));
  return present({ memory: inBytes(memory), cpus, pids, disk: inBytes(disk) });
}

/**
 * As flags of `docker create` (docker-container-create(1)). Swap would let a node have more than it was
 * given.
 */
export function limitFlags({ memory, cpus, pids, disk }: Limits): readonly string[] {
  return [
    ...(memory === undefined ? [] : [`--memory=${memory}`, `--memory-swap=${memory}`]),
    ...(cpus === undefined ? [] : [`--cpus=${cpus}`]),
    ...(pids === undefined ? [] : [`--pids-limit=${pids}`]),
    ...(disk === undefined ? [] : [`--storage-opt=size=${disk}`]),
  ];
}
