import { createHash } from 'node:crypto';
import { lookup } from 'node:dns';
import { createReadStream, createWriteStream, existsSync, mkdirSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type LookupFunction, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** A proxy that is up. */
export interface AptProxy extends AsyncDisposable {
  /** `http://address:port`, for apt's Acquire::http::Proxy. */
  readonly url: string;
  readonly stats: { hits: number; misses: number; passed: number };
}

/**
 * A caching HTTP proxy for the nodes' apt: N nodes that want a package at once cost one download, and later runs none.
 * Only pool files (`…/pool/….deb`), which never change under their name, are kept; all else is passed on. Several
 * proxies may share a cache folder, since a file appears in it whole. apt-cacher-ng would do, but it starts a daemon
 * when it is installed, and two of it cannot share a cache.
 */
export async function startAptProxy(options: {
  readonly host: string;
  readonly cacheDir: string;
  readonly log: (message: string) => void;
  /** Which addresses nodes may not reach through it: the main host's own, unless told. */
  readonly refuses?: (host: string) => boolean;
}): Promise<AptProxy> {
  const refuses = options.refuses ?? isOwnHost;
  const directory = join(options.cacheDir, 'apt');
  mkdirSync(directory, { recursive: true });
  const stats = { hits: 0, misses: 0, passed: 0 };
  const downloads = new Map<string, Promise<string>>();
  const sockets = new Set<Socket>();

  const cached = (url: URL): Promise<string> => {
    const name = createHash('sha256')
      .update(url.host + url.pathname)
      .digest('hex');
    const file = join(directory, `${name}.deb`);
    if (existsSync(file)) {
      stats.hits++;
      return Promise.resolve(file);
    }
    const running = downloads.get(file);
    if (running) {
      stats.hits++;
      return running;
    }
    stats.misses++;
    options.log(`apt proxy: fetching ${url.href}`);
    const started = download(url, file, refuses).finally(() => downloads.delete(file));
    downloads.set(file, started);
    return started;
  };

  const server = createServer((request, response) => {
    answer(request, response, { cached, stats, refuses }).catch((error: Error & { status?: number }) => {
      options.log(`apt proxy: ${request.url}: ${error.message}`);
      if (response.headersSent) response.destroy();
      else
        response.writeHead(error.status ?? 502, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
    });
  });
  server.on('connect', (request, socket: Socket) => tunnel(request.url ?? '', socket, refuses));
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, options.host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    stats,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  proxy: {
    readonly cached: (url: URL) => Promise<string>;
    readonly stats: { passed: number };
    readonly refuses: (host: string) => boolean;
  },
): Promise<void> {
  const { cached, stats, refuses } = proxy;
  const url = target(request.url ?? '', refuses);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw problem(405, `${request.method} is not for apt`);
  if (!/\/pool\/.*\.deb$/.test(url.pathname)) {
    stats.passed++;
    const { host: _host, 'proxy-connection': _connection, ...headers } = request.headers;
    const upstream = await fetchUpstream(url, headers, refuses);
    response.writeHead(upstream.statusCode ?? 502, upstream.headers);
    await pipeline(upstream, response);
    return;
  }
  const file = await cached(url);
  const { size, mtime } = statSync(file);
  response.setHeader('last-modified', mtime.toUTCString());
  response.writeHead(200, {
    'content-type': 'application/vnd.debian.binary-package',
    'content-length': size,
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file), response);
}

/** Nodes are trusted less than the main host: its own loopback and link-local addresses are not for them. */
function target(written: string, refuses: (host: string) => boolean): URL {
  if (!URL.canParse(written)) throw problem(400, 'this is a proxy for apt; ask it for an absolute URL');
  const url = new URL(written);
  if (url.protocol !== 'http:') throw problem(400, `${url.protocol} is not proxied`);
  if (refuses(url.hostname)) throw problem(403, `${url.hostname} is not reached through this proxy`);
  return url;
}

const isOwnHost = (host: string): boolean =>
  /^(localhost$|127\.|0\.|169\.254\.|\[?(::1?\]?$|fe80:|::ffff:))/i.test(host);

async function download(url: URL, file: string, refuses: (host: string) => boolean): Promise<string> {
  const part = `${file}.${process.pid}.part`;
  try {
    const upstream = await fetchUpstream(url, {}, refuses);
    if (upstream.statusCode !== 200) {
      upstream.resume();
      throw problem(
        upstream.statusCode ?? 502,
        `${url.href}: ${upstream.statusCode} ${upstream.statusMessage}`,
      );
    }
    await pipeline(upstream, createWriteStream(part));
    const expected = upstream.headers['content-length'];
    if (expected !== undefined && statSync(part).size !== Number(expected))
      throw problem(502, `${url.href} came short`);
    await rename(part, file);
    return file;
  } finally {
    await rm(part, { force: true });
  }
}

function fetchUpstream(
  url: URL,
  headers: NodeJS.Dict<string | string[]>,
  refuses: (host: string) => boolean,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { headers, timeout: 30_000, lookup: guardedLookup(refuses) };
    const request = get(url, options, resolve);
    request.once('timeout', () => request.destroy(problem(504, `${url.host} did not answer within 30 s`)));
    request.once('error', reject);
  });
}

/** A name may resolve to an address of the main host's own. */
const guardedLookup =
  (refuses: (host: string) => boolean): LookupFunction =>
  (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      const own = found?.find(({ address }) => refuses(address));
      if (own)
        callback(problem(403, `${host} is ${own.address}, which is not reached through this proxy`), '');
      else if (options.all) callback(error, found);
      else callback(error, found?.[0]?.address ?? '', found?.[0]?.family);
    });
  };

/** For https sources: bytes both ways, to port 443 only. */
function tunnel(written: string, socket: Socket, refuses: (host: string) => boolean): void {
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(written) ?? [];
  if (port !== '443' || refuses(host)) {
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return;
  }
  const upstream = connect({ port: 443, host, lookup: guardedLookup(refuses) }, () =>
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n'),
  );
  pipeline(socket, upstream, socket).catch(() => socket.destroy());
}

const problem = (status: number, message: string): Error & { status: number } =>
  Object.assign(new Error(message), { status });
