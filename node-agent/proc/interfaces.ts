import { readdirSync, readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** Bits of <linux/if.h>, as ip(8) names them. */
const flags = [
  [0x8, 'LOOPBACK'],
  [0x2, 'BROADCAST'],
  [0x10, 'POINTOPOINT'],
  [0x1000, 'MULTICAST'],
  [0x80, 'NOARP'],
  [0x100, 'PROMISC'],
  [0x1, 'UP'],
] as const;

/**
 * The network interfaces of this node and their addresses, much as `ip address` (ip-address(8)) shows them.
 * Undefined where one of them is down or has no address: of such only netlink(7) tells.
 */
export function interfacesInWords(
  folder = '/sys/class/net',
  addresses = networkInterfaces(),
): string | undefined {
  const names = namesIn(folder);
  if (names.length === 0 || names.some((name) => !addresses[name])) return undefined;
  const told = (name: string, what: string) => readFileSync(`${folder}/${name}/${what}`, 'utf8').trim();
  try {
    return names
      .map((name) => ({ name, index: Number(told(name, 'ifindex')) }))
      .sort((a, b) => a.index - b.index)
      .map(({ name, index }) => {
        const bits = Number(told(name, 'flags'));
        const set = flags.filter(([bit]) => bits & bit).map(([, word]) => word);
        const state = told(name, 'operstate').toUpperCase();
        const own = addresses[name] ?? [];
        return [
          `${index}: ${name}: <${set}> mtu ${told(name, 'mtu')} state ${state}\n`,
          `    link ${own[0]?.mac}\n`,
          ...own.map(inWords),
        ].join('');
      })
      .join('');
  } catch {
    return undefined;
  }
}

const inWords = ({ family, cidr, address }: NetworkInterfaceInfo): string =>
  `    ${family === 'IPv6' ? 'inet6' : 'inet'} ${cidr ?? address}\n`;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
