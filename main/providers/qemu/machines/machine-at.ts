import { present } from '../../../../common/present.ts';
import { spareAddresses } from '../../host/spare-addresses.ts';
import type { Login, Machine, MachineSpec } from '../../provider.ts';
import { hostNumbers, type Reach } from '../network/addresses.ts';
import { forwardSsh } from '../network/namespace.ts';
import { forwardedPort } from './wake-machines.ts';

/** Where a machine is: its address among the others, and where this main host finds its ssh. */
export interface MachineAddress {
  readonly address: string;
  readonly sshHost: string;
  readonly sshPort: number;
  /** All but ssh is reached by ssh. */
  readonly sshOnly?: true;
  readonly spareAddresses?: readonly string[];
}

/**
 * Where a machine that runs is, in a cluster with the subnet `net` (`10.101.7`).
 * Opens a way to it where it takes one.
 */
export async function addressOf(
  { id }: MachineSpec,
  { cluster, net, reach }: { readonly cluster: string; readonly net: string; readonly reach: Reach },
  signal: AbortSignal,
): Promise<MachineAddress> {
  if (reach === 'bridge') return bridgeAddress(net, id);
  const address = `${net}.${hostNumbers[reach].machine(id)}`;
  const sshPort =
    reach === 'user' ? await forwardedPort(cluster, signal) : await forwardSsh(cluster, address);
  const spare = reach === 'user' ? undefined : spareAddresses(net);
  return { address, sshHost: '127.0.0.1', sshPort, sshOnly: true, ...present({ spareAddresses: spare }) };
}

/** Where a machine on a bridge of the main host is. */
export function bridgeAddress(net: string, id: number): MachineAddress {
  const address = `${net}.${hostNumbers.bridge.machine(id)}`;
  return { address, sshHost: address, sshPort: 22, spareAddresses: spareAddresses(net) };
}

/** A machine at its address. */
export function machineAt(
  { address, sshHost, sshPort, sshOnly, spareAddresses }: MachineAddress,
  machine: MachineSpec,
  { user = 'root', keyFile }: Login,
  made?: { readonly consoleLog: string; readonly hostKey: string },
): Machine {
  const ssh = { host: sshHost, port: sshPort, user, ...present({ keyFile, hostKey: made?.hostKey }) };
  return { ...machine, address, ssh, ...present({ sshOnly, spareAddresses, consoleLog: made?.consoleLog }) };
}
