import { isIPv4 } from 'node:net';
import { UsageError } from '../../../common/errors.ts';
import { expandRanges } from './host-range.ts';
import { inventoryHosts } from './inventory/inventory-hosts.ts';
import { readInventory } from './inventory/read-inventory.ts';
import { type ParsedHost, parseHost } from './parse-host.ts';
import type { SshHost, SshSettings } from './ssh-settings.ts';

/** A machine as the options ask for it, before it is known which one it will be. */
export interface WantedSsh {
  readonly name?: string | undefined;
  readonly role?: string | undefined;
}

/** The machines that options name. */
export interface SshMachines {
  readonly hosts: readonly ParsedHost[];
  /** What each node of the cluster is to be. */
  readonly wanted: readonly WantedSsh[];
  /** `hosts` are to be chosen from; else each stands for the wanted one at its place. */
  readonly pool: boolean;
  /** What a user should know of them. */
  readonly notes: readonly string[];
}

type Complain = (path: (string | number)[], message: string) => void;

/**
 * Expands the ranges, reads the inventory. What is wrong with single machines is told to `complain`; the
 * rest, mistakes in an inventory with file and line, is thrown as UsageError.
 */
export function sshMachines(settings: SshSettings, complain: Complain): SshMachines {
  const { count, inventory } = settings;
  const read = inventory === undefined ? undefined : readInventory(inventory);
  const hosts = read ? inventoryHosts(read, settings) : writtenHosts(settings, complain);
  const notes = (read?.vaulted ?? []).map(
    (file) =>
      `${file} is encrypted by ansible-vault: what it says of how machines are reached is not followed`,
  );
  noneTwice(hosts, (index, message) => complain(settings.hosts ? ['hosts', index] : [], message));
  if (count === undefined) return { hosts, wanted: named(hosts), pool: false, notes };
  const wanted =
    typeof count === 'number'
      ? Array.from({ length: count }, () => ({}))
      : Object.entries(count).flatMap(([role, many]) => Array.from({ length: many }, () => ({ role })));
  enough(hosts, count, complain);
  return { hosts, wanted, pool: true, notes };
}

function writtenHosts({ hosts, pool }: SshSettings, complain: Complain): readonly ParsedHost[] {
  return (hosts ?? pool ?? []).flatMap((host, index) => {
    try {
      return expandHost(host);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      complain([hosts ? 'hosts' : 'pool', index], error.message);
      return [];
    }
  });
}

/** `db[1-3]` as three machines. Throws UsageError for what is no range. */
function expandHost(host: SshHost): readonly ParsedHost[] {
  if (typeof host === 'string') return expandRanges(host).map(parseHost);
  const addresses = expandRanges(host.address);
  const names = host.name === undefined ? undefined : expandRanges(host.name);
  if (names && names.length !== addresses.length) {
    throw new UsageError(
      `the name '${host.name}' stands for ${names.length} machines, the address for ${addresses.length}`,
    );
  }
  return addresses.map((address, index) => parseHost({ ...host, address, name: names?.[index] }));
}

function noneTwice(hosts: readonly ParsedHost[], complain: (index: number, message: string) => void): void {
  const seen = new Set<string>();
  for (const [index, { address, port }] of hosts.entries()) {
    const place = `${address}:${port ?? ''}`;
    if (seen.has(place)) complain(index, `${address} is there twice`);
    if (port !== undefined && (port < 1 || port > 65_535)) {
      complain(index, `${port} is not a port (1 to 65535)`);
    }
    seen.add(place);
  }
}

/** A machine without a name is called by its address, where that is a name and no other machine has it. */
function named(hosts: readonly ParsedHost[]): readonly WantedSsh[] {
  const addresses = hosts.map(({ address }) => address);
  return hosts.map(({ name, role, address }) => {
    const isName = !isIPv4(address) && !address.includes(':');
    const tells = isName && addresses.filter((other) => other === address).length === 1;
    return { name: name ?? (tells ? address : undefined), role };
  });
}

function enough(
  hosts: readonly ParsedHost[],
  count: number | Readonly<Record<string, number>>,
  complain: Complain,
): void {
  if (typeof count === 'number') {
    if (count > hosts.length) complain(['count'], `${count} of ${hosts.length} machines cannot be taken`);
    return;
  }
  for (const [role, many] of Object.entries(count)) {
    const there = hosts.filter((host) => host.role === role).length;
    if (many > there) {
      complain(['count', role], `${many} of ${there} machines with the role '${role}' cannot be taken`);
    }
  }
}
