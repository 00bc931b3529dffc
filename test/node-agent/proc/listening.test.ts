import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { listeners, listeningInWords, ownAddresses } from '../../../node-agent/proc/listening.ts';
import { parseSocketTable } from '../../../node-agent/proc/socket-table.ts';

describe('what listens', () => {
  test('is read from the tables of the kernel: addresses are words in little-endian order', () => {
    const heading = '  sl  local_address rem_address   st tx_queue rx_queue';
    const tcp = `${heading}
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000
   1: 00000000:0016 00000000:0000 0A 00000000:00000000
   2: 0321710A:C350 0121710A:0016 01 00000000:00000000`;
    expect(parseSocketTable(tcp)).toMatchObject([
      { address: '127.0.0.1', port: 8080, state: '0A' },
      { address: '0.0.0.0', port: 22, state: '0A' },
      { address: '10.113.33.3', port: 50_000, state: '01' },
    ]);
    const tcp6 = `${heading}
   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0
   1: B80D01200000000000000000FF000000:01BB 00000000000000000000000000000000:0000 0A 0`;
    expect(parseSocketTable(tcp6)).toMatchObject([
      { address: '::1', port: 80 },
      { address: '2001:db8::ff', port: 443 },
    ]);
  });

  test('is told from the kernel of this very machine', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    expect(listeners()).toContainEqual(expect.objectContaining({ address: '127.0.0.1', port }));
    await new Promise((resolve) => server.close(resolve));
  });

  test('is told whole where the kernel takes several pages for it', async () => {
    const servers = Array.from({ length: 120 }, () => createServer().listen(0, '127.0.0.1'));
    await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
    const told = listeners().map(({ port }) => port);
    const missing = servers.filter((server) => !told.includes((server.address() as { port: number }).port));
    expect(missing).toEqual([]);
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  });

  test('is said of one port: where it listens, or what else does', () => {
    const all = [
      { address: '10.0.0.3', port: 8081 },
      { address: '0.0.0.0', port: 22 },
      { address: '::', port: 22 },
    ];
    expect(listeningInWords(8081, all)).toBe('it listens on 10.0.0.3');
    expect(listeningInWords(8080, all)).toBe('nothing listens on it; ports that listen: 22, 8081');
    expect(listeningInWords(8080, [])).toBe('nothing listens on it');
    const many = Array.from({ length: 20 }, (_, index) => ({ address: '::', port: 100 + index }));
    expect(listeningInWords(1, many)).toMatch(/: 100, 101, .*, 111 and 8 more$/);
  });
});

test('a node’s own addresses: the loopback’s first, none of a single link', () => {
  const face = { netmask: '', mac: '', internal: false, cidr: null };
  const lo = { ...face, internal: true };
  const addresses = ownAddresses({
    lo: [
      { ...lo, address: '127.0.0.1', family: 'IPv4' },
      { ...lo, address: '::1', family: 'IPv6', scopeid: 0 },
    ],
    host0: [
      { ...face, address: '10.0.0.3', family: 'IPv4' },
      { ...face, address: 'fe80::1', family: 'IPv6', scopeid: 2 },
    ],
  });
  expect(addresses).toEqual(['127.0.0.1', '::1', '10.0.0.3']);
});
