import { parsedOptions } from '../../parsed-options.ts';
import type { Machine, MachineSpec, MachinesSpec } from '../../provider.ts';
import { type DockerSettings, dockerOptionsSchema } from '../docker-options.ts';
import { consoleLog } from '../names.ts';

/** What `docker({…})` was given, checked. Throws UsageError with all that is wrong. */
export const settingsOf = (options: unknown): DockerSettings =>
  parsedOptions('docker', dockerOptionsSchema, options);

/** A machine of the subnet `net` (`10.101.7`); its ssh is at its own address, or at a port of the loopback. */
export function machineAt(
  net: string,
  machine: MachineSpec,
  login: MachinesSpec['login'],
  made?: { cluster: string; hostKey: string | undefined; port: number | undefined },
): Machine {
  const address = `${net}.${machine.id + 2}`;
  const ssh = {
    ...(made?.port === undefined ? { host: address, port: 22 } : { host: '127.0.0.1', port: made.port }),
    user: login.user ?? 'root',
    ...(login.keyFile === undefined ? {} : { keyFile: login.keyFile }),
    ...(made?.hostKey === undefined ? {} : { hostKey: made.hostKey }),
  };
  const reach = made?.port === undefined ? {} : { sshOnly: true };
  return {
    ...machine,
    address,
    ssh,
    ...reach,
    ...(made ? { consoleLog: consoleLog(made.cluster, machine.id) } : {}),
  };
}
