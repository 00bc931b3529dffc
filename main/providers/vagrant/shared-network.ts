/** An IPv4 address of a machine, as `ip -4 -o addr` tells it. */
export interface GuestAddress {
  readonly interface: string;
  readonly address: string;
  /** The length of its network's prefix. */
  readonly bits: number;
}

/** Reads `ip -4 -o addr show scope global`: `2: eth0    inet 10.0.3.68/24 brd …`. */
export function parseAddresses(printed: string): readonly GuestAddress[] {
  return printed.split('\n').flatMap((line) => {
    const [, name, address, bits] = /^\d+:\s+(\S+)\s+inet\s+([\d.]+)\/(\d+)/.exec(line) ?? [];
    if (name === undefined || address === undefined) return [];
    return [{ interface: name, address, bits: Number(bits) }];
  });
}

const number = (address: string): number =>
  address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);

/** `10.0.3.0/24` */
export function networkOf({ address, bits }: Pick<GuestAddress, 'address' | 'bits'>): string {
  const size = 2 ** (32 - bits);
  const first = Math.floor(number(address) / size) * size;
  return `${[24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.')}/${bits}`;
}

/** Made within a machine for its own containers, so that no other node is on it. */
const inner = /^(docker|br-|veth|virbr|cni|flannel|cali|podman|lxcbr|lxdbr)/;

/**
 * The addresses under which machines reach one another, one for each: on the network that all are on, with an
 * address of its own each (VirtualBox gives all of them 10.0.2.15 on the first). Of several, the one that was
 * asked for, else the one under which vagrant logs in (`hosts`), else the last one, since those that a
 * Vagrantfile adds come after the hypervisor's own. Undefined where there is none.
 */
export function sharedNetwork(
  guests: readonly (readonly GuestAddress[])[],
  hosts: readonly string[],
  wanted?: string,
): readonly string[] | undefined {
  const [first = []] = guests;
  const candidates = first.filter((each) => !inner.test(each.interface)).map(networkOf);
  const shared = [...new Set(candidates)].flatMap((network) => {
    const addresses = guests.map((guest) => guest.find((each) => networkOf(each) === network)?.address ?? '');
    const distinct = new Set(addresses).size === guests.length && !addresses.includes('');
    return distinct ? [{ network, addresses }] : [];
  });
  if (wanted !== undefined) return shared.find(({ network }) => network === normal(wanted))?.addresses;
  const direct = shared.find(({ addresses }) =>
    addresses.every((address, index) => address === hosts[index]),
  );
  return (direct ?? shared.at(-1))?.addresses;
}

function normal(network: string): string {
  const [address = '', bits] = network.split('/');
  return networkOf({ address, bits: Number(bits) });
}
