import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** A socket that waits for connections. */
export interface Listener {
  readonly address: string;
  readonly port: number;
}

/** Addresses of this node that a service may be bound to, the loopback's first; at most ten. */
export function ownAddresses(interfaces = networkInterfaces()): string[] {
  const all = Object.values(interfaces).flatMap((each) => each ?? []);
  // One of a single link needs the link's name besides.
  const outer = all.filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
  const ipv6 = all.some(({ address }) => address === '::1') ? ['::1'] : [];
  return ['127.0.0.1', ...ipv6, ...outer.map(({ address }) => address)].slice(0, 10);
}

/** The TCP sockets of this node that listen, as the kernel tells (proc(5), /proc/net/tcp and tcp6). */
export const listeners = (): Listener[] =>
  ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => {
    try {
      return parseListeners(readFileSync(file, 'utf8'));
    } catch {
      return [];
    }
  });

/** `0A` is the state TCP_LISTEN. */
const listen = '0A';

export function parseListeners(table: string): Listener[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const [address = '', port = ''] = local.split(':');
    if (state !== listen) return [];
    return [{ address: addressOf(address), port: Number.parseInt(port, 16) }];
  });
}

/**
 * The kernel writes an address as words of 32 bits, each in the byte order of
 * the machine: here little-endian.
 */
function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    [3, 2, 1, 0].map((place) => word.slice(place * 2, place * 2 + 2)),
  );
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.slice(index * 2, index * 2 + 2).join(''));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** `nothing listens on it; what listens: 22, 8081`, `it listens on 10.0.0.7 only` */
export function listeningInWords(port: number, all: readonly Listener[] = listeners()): string {
  const here = [...new Set(all.filter((one) => one.port === port).map(({ address }) => address))];
  if (here.length > 0) return `it listens on ${here.join(', ')}`;
  const others = [...new Set(all.map((one) => one.port))].sort((a, b) => a - b);
  const shown = others.slice(0, 12).join(', ');
  const more = others.length > 12 ? ` and ${others.length - 12} more` : '';
  return `nothing listens on it${others.length > 0 ? `; ports that listen: ${shown}${more}` : ''}`;
}
