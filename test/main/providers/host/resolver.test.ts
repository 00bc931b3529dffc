import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readResolver } from '../../../../main/providers/host/resolver.ts';

function host(own: string, behind?: string): string {
  const root = mkdtempSync(join(tmpdir(), 'shakedown-host-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/resolv.conf'), own);
  if (behind !== undefined) {
    mkdirSync(join(root, 'run/systemd/resolve'), { recursive: true });
    writeFileSync(join(root, 'run/systemd/resolve/resolv.conf'), behind);
  }
  return `${root}/`;
}

test('nodes ask the servers that the main host asks', async () => {
  const text =
    '# by hand\nnameserver 192.0.2.53\nnameserver 2001:db8::53\nsearch example.org\noptions edns0\n';
  expect(await readResolver(host(text))).toEqual({
    servers: ['192.0.2.53'],
    rest: ['search example.org', 'options edns0'],
  });
});

test('behind systemd-resolved’s stub they ask the real servers', async () => {
  const stub = 'nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n';
  expect(await readResolver(host(stub, 'nameserver 192.0.2.1\nnameserver 192.0.2.2\n'))).toEqual({
    servers: ['192.0.2.1', '192.0.2.2'],
    rest: [],
  });
});

test('a server of another kind on the loopback is reached through the main host', async () => {
  expect(await readResolver(host('nameserver 127.0.0.1\nsearch lan\n', 'nameserver 192.0.2.1\n'))).toEqual({
    servers: ['main'],
    loopback: '127.0.0.1',
    rest: ['search lan'],
  });
  expect(await readResolver(host('nameserver ::1\n'))).toMatchObject({ loopback: '127.0.0.1' });
});

test('without a resolver nodes have none', async () =>
  expect(await readResolver(host(''))).toEqual({ servers: [], rest: [] }));
