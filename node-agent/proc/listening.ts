import { networkInterfaces } from 'node:os';
import { listens, socketTable, type TableSocket } from './socket-table.ts';

/** A socket that waits for connections. */
type Listener = Pick<TableSocket, 'address' | 'port'>;

/** Addresses of this node that a service may be bound to, the loopback's first; at most ten. */
export function ownAddresses(interfaces = networkInterfaces()): string[] {
  const all = Object.values(interfaces).flatMap((each) => each ?? []);
  // One of a single link needs the link's name besides.
  const outer = all.filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address));
  const ipv6 = all.some(({ address }) => address === '::1') ? ['::1'] : [];
  return ['127.0.0.1', ...ipv6, ...outer.map(({ address }) => address)].slice(0, 10);
}

/** The TCP sockets of this node that listen, as the kernel tells. */
export const listeners = (): Listener[] =>
  [...socketTable('tcp'), ...socketTable('tcp6')].filter(({ state }) => state === listens);

/** `nothing listens on it; what listens: 22, 8081`, `it listens on 10.0.0.7 only` */
export function listeningInWords(port: number, all: readonly Listener[] = listeners()): string {
  const here = [...new Set(all.filter((one) => one.port === port).map(({ address }) => address))];
  if (here.length > 0) return `it listens on ${here.join(', ')}`;
  const others = [...new Set(all.map((one) => one.port))].sort((a, b) => a - b);
  const shown = others.slice(0, 12).join(', ');
  const more = others.length > 12 ? ` and ${others.length - 12} more` : '';
  return `nothing listens on it${others.length > 0 ? `; ports that listen: ${shown}${more}` : ''}`;
}
