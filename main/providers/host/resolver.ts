import { readFile } from 'node:fs/promises';

/** How nodes find names (resolv.conf(5)). */
export interface Resolver {
  /** The servers that nodes ask; `main` stands for the main host's address in the cluster's subnet. */
  readonly servers: readonly (string | 'main')[];
  /**
   * Where `main` passes queries on to: a server on this host's loopback, which nodes cannot reach
   * themselves.
   */
  readonly loopback?: string;
  /** The other lines: `search`, `options`. */
  readonly rest: readonly string[];
}

/**
 * This host's resolvers as nodes can use them. Behind systemd-resolved's stub are the real ones, which it
 * writes to a file of its own (systemd-resolved.service(8)); of any other server on the loopback the main
 * host makes a relay.
 */
export async function readResolver(root = '/'): Promise<Resolver> {
  const read = (file: string) => readFile(`${root}${file}`, 'utf8').catch(() => '');
  const own = parse(await read('etc/resolv.conf'));
  if (!own.servers.some(isLoopback)) return usable(own);
  const behind = parse(await read('run/systemd/resolve/resolv.conf'));
  if (own.servers.includes('127.0.0.53') && behind.servers.length > 0) return usable(behind);
  const loopback = own.servers.find((server) => server.startsWith('127.')) ?? '127.0.0.1';
  return { servers: ['main'], loopback, rest: own.rest };
}

/** Nodes have IPv4 only. */
const usable = ({ servers, rest }: Resolver): Resolver => ({
  servers: servers.filter((server) => !server.includes(':')),
  rest,
});

const isLoopback = (server: string): boolean => server.startsWith('127.') || server === '::1';

function parse(text: string): Resolver {
  const lines = text.split('\n').map((line) => line.trim());
  const servers = lines.flatMap((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
  return { servers, rest: lines.filter((line) => /^(search|domain|options)\s/.test(line)) };
}
