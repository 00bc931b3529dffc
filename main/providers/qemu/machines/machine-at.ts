import type { Login, Machine, MachineSpec } from '../../provider.ts';
import { forwardSsh } from '../network/namespace.ts';
import { bridgedPlace, slirpPlace, userNetwork } from '../network/user-network.ts';
import { forwardedPort } from './wake-machines.ts';

/** Where a machine is: its address among the others, and where this main host finds its ssh. */
export interface Place {
  readonly address: string;
  readonly sshHost: string;
  readonly sshPort: number;
  /** All but ssh is reached by ssh. */
  readonly sshOnly?: true;
}

/**
 * How this main host reaches machines: on a bridge of its own; at ports that slirp4netns forwards to a bridge in a
 * namespace; or at those that QEMU forwards to a single machine.
 */
export type Reach = 'bridge' | 'slirp' | 'user';

export const reachOf = (bridged: boolean, inNamespace: boolean): Reach =>
  bridged ? (inNamespace ? 'slirp' : 'bridge') : 'user';

/** The place of a machine that runs, in a cluster with the subnet `net` (`10.101.7`). Opens a way to it where it takes one. */
export async function placeOf(
  { id }: MachineSpec,
  { cluster, net, reach }: { readonly cluster: string; readonly net: string; readonly reach: Reach },
  signal: AbortSignal,
): Promise<Place> {
  if (reach === 'bridge') return bridged(net, id);
  if (reach === 'user') {
    const sshPort = await forwardedPort(cluster, signal);
    return { address: userNetwork.machine, sshHost: '127.0.0.1', sshPort, sshOnly: true };
  }
  const address = `${net}.${slirpPlace(id)}`;
  return { address, sshHost: '127.0.0.1', sshPort: await forwardSsh(cluster, address), sshOnly: true };
}

/** The place of a machine that is on a bridge of the main host. */
export function bridged(net: string, id: number): Place {
  const address = `${net}.${bridgedPlace(id)}`;
  return { address, sshHost: address, sshPort: 22 };
}

/** A machine at its place. */
export function machineAt(
  { address, sshHost, sshPort, sshOnly }: Place,
  machine: MachineSpec,
  login: Login,
  made?: { readonly consoleLog: string; readonly hostKey: string },
): Machine {
  const ssh = {
    host: sshHost,
    port: sshPort,
    user: login.user ?? 'root',
    ...(login.keyFile === undefined ? {} : { keyFile: login.keyFile }),
    ...(made ? { hostKey: made.hostKey } : {}),
  };
  const reach = sshOnly ? { sshOnly } : {};
  return { ...machine, address, ssh, ...reach, ...(made ? { consoleLog: made.consoleLog } : {}) };
}
