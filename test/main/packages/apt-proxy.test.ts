import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, truncateSync, utimesSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startAptProxy } from '../../../main/packages/apt-proxy.ts';
import { PackageCache } from '../../../main/packages/package-cache.ts';

/** A package as far as the proxy looks into it: an archive with one member. */
function debOf(contents: string): Buffer {
  const size = Buffer.byteLength(contents);
  const header = `${'debian-binary'.padEnd(48)}${String(size).padEnd(10)}\`\n`;
  return Buffer.from(`!<arch>\n${header}${contents}${size % 2 ? '\n' : ''}`);
}

const deb = debOf('bytes of a package');
const list = 'bytes of a list';
const listDigest = createHash('sha256').update(list).digest('hex');

/** A mirror on the loopback, and a proxy that for once may reach it. */
async function setting(options: { guarded?: boolean; cacheDir?: string } = {}) {
  const asked: string[] = [];
  /** Lets slow answers come to their end. */
  const slow: (() => void)[] = [];
  const mirror = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url?.includes('missing')) response.writeHead(404).end();
    else if (request.url?.includes('short'))
      response.writeHead(200, { 'content-length': 100 }).end('only this');
    else if (request.url?.includes('portal')) response.end('<html>Please log in</html>');
    else if (request.url?.includes('moved')) response.writeHead(302, { location: '/elsewhere' }).end();
    else if (request.url?.includes('slow')) {
      response.write(deb.subarray(0, 70));
      slow.push(() => response.end(deb.subarray(70)));
    } else setTimeout(() => response.end(request.url?.includes('/pool/') ? debOf(request.url) : list), 50);
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
  return { asked, slow, base, proxy, cacheDir, log, fetch: (url: string) => through(proxy.url, url) };
}

function through(proxy: string, path: string): Promise<{ status: number | undefined; body: string }> {
  const { hostname, port } = new URL(proxy);
  return new Promise((resolve, reject) => {
    get({ hostname, port, path, agent: false }, (response: IncomingMessage) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, body })).on('error', reject);
    }).on('error', reject);
  });
}

test('ten nodes that want a package at once cost one download, and later runs none', async () => {
  const { fetch, base, asked, proxy, cacheDir } = await setting();
  const url = `${base}/pool/main/e/etcd/etcd_3_amd64.deb`;
  const answers = await Promise.all(Array.from({ length: 10 }, () => fetch(url)));
  expect(new Set(answers.map(({ body }) => body))).toEqual(
    new Set([`${debOf('/debian/pool/main/e/etcd/etcd_3_amd64.deb')}`]),
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
  const url = `${base}/dists/bookworm/main/binary-amd64/by-hash/SHA256/${listDigest}`;
  for (const _ of [1, 2]) expect((await fetch(url)).body).toBe(list);
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

test('the page of a network that wants a login is not kept as a package, nor as a list', async () => {
  const { fetch, base, cacheDir, log } = await setting();
  expect((await fetch(`${base}/pool/portal_1_all.deb`)).status).toBe(502);
  const list = `${base}/portal/by-hash/SHA256/${listDigest}`;
  await fetch(list).catch(() => undefined);
  expect(log).toContainEqual(
    expect.stringMatching(/portal_1_all\.deb is not a package: does the network want/),
  );
  await vi.waitFor(() =>
    expect(log).toContainEqual(expect.stringMatching(/by-hash\S+ is not what its name says/)),
  );
  expect(readdirSync(join(cacheDir, 'apt'))).toEqual([]);
});

test('who wants a package of a slow mirror has what of it is here', async () => {
  const { fetch, base, slow, proxy, asked, cacheDir } = await setting();
  const url = `${base}/pool/slow_1_all.deb`;
  const { hostname, port } = new URL(proxy.url);
  const beginnings = await Promise.all(
    [1, 2].map(
      () =>
        new Promise<IncomingMessage>((resolve, reject) => {
          get({ hostname, port, path: url, agent: false }, resolve).on('error', reject);
        }),
    ),
  );
  const ends = beginnings.map(async (response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of response) {
      chunks.push(chunk);
      for (const finish of slow.splice(0)) finish();
    }
    return Buffer.concat(chunks);
  });
  for (const end of ends) expect((await end).equals(deb)).toBe(true);
  expect((await fetch(url)).body).toBe(`${deb}`);
  expect(asked).toHaveLength(1);
  expect(readdirSync(join(cacheDir, 'apt'))).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.deb$/)]);
});

test('a proxy that is closed leaves no half of a package', async () => {
  const { base, slow, proxy, cacheDir } = await setting();
  const half = through(proxy.url, `${base}/pool/slow_2_all.deb`);
  half.catch(() => undefined);
  await vi.waitFor(() => expect(slow).toHaveLength(1));
  await proxy[Symbol.asyncDispose]();
  await expect(half).rejects.toThrow();
  expect(readdirSync(join(cacheDir, 'apt'))).toEqual([]);
});

test('a redirection is for apt', async () => {
  const { proxy, base } = await setting();
  const { hostname, port } = new URL(proxy.url);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ hostname, port, path: `${base}/pool/moved_1_all.deb`, agent: false }, resolve).on('error', reject);
  });
  expect([response.statusCode, response.headers.location]).toEqual([302, new URL('/elsewhere', base).href]);
  response.resume();
});

test.each(['package', 'list'])('a %s that was damaged where it is kept is fetched again', async (kind) => {
  const { fetch, base, asked, cacheDir, log } = await setting();
  const url = kind === 'list' ? `${base}/by-hash/SHA256/${listDigest}` : `${base}/pool/a_1_all.deb`;
  const { body } = await fetch(url);
  const [name = ''] = readdirSync(join(cacheDir, 'apt'));
  truncateSync(join(cacheDir, 'apt', name), body.length - 4);
  const later = await startAptProxy({
    host: '127.0.0.1',
    cacheDir,
    log: (message) => log.push(message),
    refuses: () => false,
  });
  onTestFinished(() => later[Symbol.asyncDispose]());
  expect((await through(later.url, url)).body).toBe(body);
  expect(asked).toHaveLength(2);
  expect(log).toContainEqual(expect.stringMatching(/is damaged: http\S+ is fetched again/));
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
