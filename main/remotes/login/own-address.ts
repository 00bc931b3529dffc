import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { ShakedownError } from '../../../common/errors.ts';
import type { SshTarget } from '../ssh-target.ts';

/**
 * The address to connect from, where one is asked for (ssh_config(5): AddressFamily, BindAddress,
 * BindInterface). Throws ShakedownError for an address, or an interface without one, of that family.
 */
export function ownAddress({
  host,
  addressFamily,
  bindAddress,
  bindInterface,
}: SshTarget): string | undefined {
  if (addressFamily !== undefined && ![0, addressFamily].includes(isIP(host))) {
    throw new ShakedownError({
      message: `${host} is no address of IPv${addressFamily}, which AddressFamily wants`,
      hint: `ssh -G ${host} | grep addressfamily`,
    });
  }
  return bindAddress ?? (bindInterface === undefined ? undefined : addressOf(bindInterface, addressFamily));
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
