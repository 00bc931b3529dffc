import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { ConnectConfig } from 'ssh2';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { SshTarget } from '../ssh-target.ts';

/**
 * How to leave the main host, for ssh2 (ssh_config(5): AddressFamily, BindAddress, BindInterface). Throws
 * ShakedownError for an address, or an interface without one, of that family.
 */
export function wayOut({ host, addressFamily, bindAddress, bindInterface }: SshTarget): ConnectConfig {
  if (addressFamily !== undefined && ![0, addressFamily].includes(isIP(host))) {
    throw new ShakedownError({
      message: `${host} is no address of IPv${addressFamily}, which AddressFamily wants`,
      hint: `ssh -G ${host} | grep addressfamily`,
    });
  }
  const localAddress =
    bindAddress ?? (bindInterface === undefined ? undefined : addressOf(bindInterface, addressFamily));
  return {
    ...present({ localAddress }),
    ...(addressFamily === 4 ? { forceIPv4: true } : {}),
    ...(addressFamily === 6 ? { forceIPv6: true } : {}),
  };
}

function addressOf(name: string, family: 4 | 6 | undefined): string {
  const fits = networkInterfaces()[name]?.filter(
    (each) => family === undefined || each.family === `IPv${family}`,
  );
  // As ssh: one of IPv4 before one of IPv6, and none that holds on its link alone.
  const sorted = fits?.filter(({ address }) => !/^fe80:/i.test(address));
  const found = sorted?.find((each) => each.family === 'IPv4') ?? sorted?.[0];
  if (found) return found.address;
  throw new ShakedownError({
    message: `BindInterface ${name}: the main host has no such interface with an address to connect from`,
    hint: 'ip address',
  });
}
