import { mkdtempSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startAptProxy } from '../../../main/packages/apt-proxy.ts';
import { PackageCache } from '../../../main/packages/package-cache.ts';

/** A mirror on the loopback, and a proxy that for once may reach it. */
async function setting(options: { guarded?: boolean; cacheDir?: string } = {}) {
  const asked: string[] = [];
  const mirror = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.includes('missing')) response.writeHead(404).end();
    else if (request.url?.includes('short'))
      response.writeHead(200, { 'content-length': 100 }).end('only this');
    else setTimeout(() => response.end(`bytes of ${request.url}`), 50);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => mirror.once('listening', resolve));
  const cacheDir = options.cacheDir ?? mkdtempSync(join(tmpdir(), 'shakedown-apt-'));
  const log: string[] = [];
  const proxy = await startAptProxy({
    host: '127.0.0.1',
    cacheDir,
    log: (message) => log.push(message),
    ...(options.guarded ? {} : { refuses: () => false }),
  });
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]();
    mirror.close();
  });
  const base = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/debian`;
  return { asked, base, proxy, cacheDir, log, fetch: (url: string) => through(proxy.url, url) };
}

function through(proxy: string, path: string): Promise<{ status: number | undefined; body: string }> {
  const { hostname, port } = new URL(proxy);
  return new Promise((resolve, reject) => {
    get({ hostname, port, path, agent: false }, (response: IncomingMessage) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    }).on('error', reject);
  });
}

test('ten nodes that want a package at once cost one download, and later runs none', async () => {
  const { fetch, base, asked, proxy, cacheDir } = await setting();
  const url = `${base}/pool/main/e/etcd/etcd_3_amd64.deb`;
  const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(url)));
  expect(new Set(answers.map(({ body }) => body))).toEqual(
    new Set(['bytes of /debian/pool/main/e/etcd/etcd_3_amd64.deb']),
  );
  expect(asked).toHaveLength(1);
  expect(proxy.stats).toMatchObject({ misses: 1, hits: 9 });
  const later = await startAptProxy({
    host: '127.0.0.1',
    cacheDir,
    log: () => undefined,
    refuses: () => false,
  });
  expect((await through(later.url, url)).status).toBe(200);
  await later[Symbol.asyncDispose]();
  expect(asked).toHaveLength(1);
});

test('lists that are named by their digest are kept like packages', async () => {
  const { fetch, base, asked } = await setting();
  const list = `${base}/dists/bookworm/main/binary-amd64/by-hash/SHA256/${'ab'.repeat(32)}`;
  expect((await fetch(list)).body).toBe((await fetch(list)).body);
  expect(asked).toHaveLength(1);
});

test('what nobody asked for in a month makes room', async () => {
  const { fetch, base, cacheDir } = await setting();
  for (const name of ['old', 'asked-again', 'new']) await fetch(`${base}/pool/${name}_1_all.deb`);
  const folder = join(cacheDir, 'apt');
  const long = new Date(Date.now() - 40 * 86_400_000);
  const containing = (text: string) =>
    readdirSync(folder).find((name) => readFileSync(join(folder, name), 'utf8').includes(text)) ?? '';
  // Looking into a file counts as asking for it.
  const aged = ['old_', 'asked-again'].map(containing);
  for (const name of aged) utimesSync(join(folder, name), long, long);
  await fetch(`${base}/pool/asked-again_1_all.deb`);
  await new PackageCache(folder, { log: () => undefined, refuses: () => false }).prune();
  expect(['old_', 'asked-again', 'new'].map((name) => containing(name) !== '')).toEqual([false, true, true]);
});

test('lists are passed on each time, for they change', async () => {
  const { fetch, base, asked } = await setting();
  await fetch(`${base}/dists/bookworm/InRelease`);
  await fetch(`${base}/dists/bookworm/InRelease`);
  expect(asked).toHaveLength(2);
});

test('a package that the mirror does not have, or sends short, is told as such and not kept', async () => {
  const { fetch, base, cacheDir } = await setting();
  expect((await fetch(`${base}/pool/missing_1_all.deb`)).status).toBe(404);
  expect((await fetch(`${base}/pool/short_1_all.deb`)).status).toBe(502);
  expect(readdirSync(join(cacheDir, 'apt'))).toEqual([]);
});

test('a mirror that is not there is a bad gateway', async () => {
  const { fetch } = await setting();
  expect((await fetch('http://127.0.0.1:1/pool/a_1_all.deb')).status).toBe(502);
});

test('it is no web server, and no way to the main host itself', async () => {
  const { fetch, base } = await setting({ guarded: true });
  expect((await fetch('/etc/passwd')).status).toBe(400);
  expect((await fetch(`${base}/pool/a_1_all.deb`)).status).toBe(403);
  expect((await fetch('http://localhost:1/pool/a_1_all.deb')).status).toBe(403);
  expect((await fetch('http://[::1]:1/x')).status).toBe(403);
});
