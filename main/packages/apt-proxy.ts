import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
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
}): Promise<AptProxy> {
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
    const started = download(url, file).finally(() => downloads.delete(file));
    downloads.set(file, started);
    return started;
  };

  const server = createServer((request, response) => {
    answer(request, response, cached, stats).catch((error: Error & { status?: number }) => {
      options.log(`apt proxy: ${request.url}: ${error.message}`);
      if (response.headersSent) response.destroy();
      else
        response.writeHead(error.status ?? 502, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
    });
  });
  server.on('connect', (request, socket: Socket) => tunnel(request.url ?? '', socket));
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
  cached: (url: URL) => Promise<string>,
  stats: { passed: number },
): Promise<void> {
  const url = target(request.url ?? '');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw problem(405, `${request.method} is not for apt`);
  if (!/\/pool\/.*\.deb$/.test(url.pathname)) {
    stats.passed++;
    const { host: _host, 'proxy-connection': _connection, ...headers } = request.headers;
    const upstream = await fetchUpstream(url, headers);
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
function target(written: string): URL {
  if (!URL.canParse(written)) throw problem(400, 'this is a proxy for apt; ask it for an absolute URL');
  const url = new URL(written);
  if (url.protocol !== 'http:') throw problem(400, `${url.protocol} is not proxied`);
  if (isOwnHost(url.hostname)) throw problem(403, `${url.hostname} is not reached through this proxy`);
  return url;
}

const isOwnHost = (host: string): boolean =>
  /^(localhost|127\.|0\.|169\.254\.|\[(::1?|fe80:|::ffff:))/i.test(host);

async function download(url: URL, file: string): Promise<string> {
  const part = `${file}.${process.pid}.part`;
  try {
    const upstream = await fetchUpstream(url, {});
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

function fetchUpstream(url: URL, headers: NodeJS.Dict<string | string[]>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, timeout: 30_000 }, resolve);
    request.once('timeout', () => request.destroy(problem(504, `${url.host} did not answer within 30 s`)));
    request.once('error', reject);
  });
}

/** For https sources: bytes both ways, to port 443 only. */
function tunnel(written: string, socket: Socket): void {
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(written) ?? [];
  if (port !== '443' || isOwnHost(host)) {
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    return;
  }
  const upstream = connect(443, host, () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
  pipeline(socket, upstream, socket).catch(() => socket.destroy());
}

const problem = (status: number, message: string): Error & { status: number } =>
  Object.assign(new Error(message), { status });
