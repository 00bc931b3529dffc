import { present } from '../../../common/present.ts';
import type { Login, Machine, MachineSpec } from '../provider.ts';
import { spareAddresses } from './spare-addresses.ts';

/** The last number of a node's address in its cluster's subnet; the main host has 1. */
export const hostNumber = (node: number): number => node + 2;

/** What is known of a machine once it is made. */
export interface Made {
  readonly hostKey: string | undefined;
  readonly consoleLog: string;
  /**
   * The port of the loopback at which its ssh is published, where this main host cannot reach its address.
   */
  readonly port?: number | undefined;
}

/** A machine in the subnet `net` (`10.101.7`), before or after it is made. */
export function machineAt(net: string, machine: MachineSpec, login: Login, made?: Made): Machine {
  const address = `${net}.${hostNumber(machine.id)}`;
  const { port, hostKey, consoleLog } = made ?? {};
  const ssh = {
    ...(port === undefined ? { host: address, port: 22 } : { host: '127.0.0.1', port }),
    user: login.user ?? 'root',
    ...present({ keyFile: login.keyFile, hostKey }),
  };
  return {
    ...machine,
    address,
    ssh,
    spareAddresses: spareAddresses(net),
    ...present({ consoleLog, sshOnly: port === undefined ? undefined : true }),
  };
}
