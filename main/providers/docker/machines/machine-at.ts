import { UsageError } from '../../../../common/errors.ts';
import { parsedOptions } from '../../parsed-options.ts';
import type { Machine, MachineSpec, MachinesSpec } from '../../provider.ts';
import { type DockerSettings, dockerOptionsSchema } from '../docker-options.ts';
import { consoleLog } from '../names.ts';

/** What `docker({…})` was given, checked. Throws UsageError with all that is wrong. */
export const settingsOf = (options: unknown): DockerSettings =>
  parsedOptions('docker', dockerOptionsSchema, options);

/** Names as Debian's adduser takes them (adduser(8), NAME_REGEX). */
export function accountOf({ user = 'root', publicKey }: MachinesSpec['login']): {
  user: string;
  publicKey: string;
} {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(user)) {
    throw new UsageError(`'${user}' cannot be the name of a user on the nodes.`);
  }
  if (publicKey === undefined) throw new UsageError('docker: a public key to log in with is needed.');
  return { user, publicKey };
}

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
