import type { Machine, MachineSpec, MachinesSpec } from '../provider.ts';
import { nodeNames } from './names.ts';

/** A machine in the subnet `net` (`10.101.7`); `made` is set once it exists. */
export function machineAt(
  net: string,
  machine: MachineSpec,
  login: MachinesSpec['login'],
  made?: { cluster: string; hostKey: string | undefined },
): Machine {
  const address = `${net}.${machine.id + 2}`;
  const ssh = {
    host: address,
    port: 22,
    user: login.user ?? 'root',
    ...(login.keyFile === undefined ? {} : { keyFile: login.keyFile }),
    ...(made?.hostKey === undefined ? {} : { hostKey: made.hostKey }),
  };
  return {
    ...machine,
    address,
    ssh,
    ...(made ? { consoleLog: nodeNames(made.cluster, machine.id).console } : {}),
  };
}
