import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { present } from '../../common/present.ts';
import { fetchUpstream } from './fetch-upstream.ts';
import { PackageCache } from './package-cache.ts';
import { guardedLookup, isOwnHost, problem, type Refusal } from './proxy-guard.ts';

/** A proxy that is up. */
export interface AptProxy extends AsyncDisposable {
  /** `http://address:port`, for apt's Acquire::http::Proxy. */
  readonly url: string;
  readonly stats: { readonly hits: number; readonly misses: number; readonly passed: number };
}

/**
 * A caching HTTP proxy for the nodes' apt: N nodes that want a package at once cost one download, and
 * later runs none. Files that never change under their name are kept; all else is passed on. Several
 * proxies may share a cache folder. apt-cacher-ng would do, but it starts a daemon when it is
 * installed, and two of it cannot share a cache.
 */
export async function startAptProxy(options: {
  readonly host: string;
  readonly cacheDir: string;
  readonly log: (message: string) => void;
  /** Which addresses nodes may not reach through it: the main host's own, unless told. */
  readonly refuses?: Refusal;
}): Promise<AptProxy> {
  const refuses = options.refuses ?? isOwnHost;
  const { log } = options;
  const cache = new PackageCache(join(options.cacheDir, 'apt'), { log, refuses });
  cache.prune().catch(() => undefined);
  const stats = { passed: 0 };
  const sockets = new Set<Socket>();

  const server = createServer((request, response) => {
    answer(request, response, { cache, stats, refuses }).catch((error: Problem) => {
      log(`apt proxy: ${request.url}: ${error.message}`);
      if (response.headersSent) response.destroy();
      // apt shows the status line alone.
      else
        response
          .writeHead(error.status ?? 502, error.message.replace(/[^ -~]/g, '?'), headersOf(error))
          .end();
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
    get stats() {
      return { ...cache.stats, ...stats };
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await cache.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Problem = Error & { readonly status?: number; readonly location?: string };

const headersOf = ({ location }: Problem) => present({ location });

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  proxy: {
    readonly cache: PackageCache;
    readonly stats: { passed: number };
    readonly refuses: Refusal;
  },
): Promise<void> {
  const { cache, stats, refuses } = proxy;
  const url = target(request.url ?? '', refuses);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw problem(405, `${request.method} is not for apt`);
  if (!cache.keeps(url)) {
    stats.passed++;
    const { host: _host, 'proxy-connection': _connection, ...headers } = request.headers;
    const upstream = await fetchUpstream(url, { headers, refuses });
    response.writeHead(upstream.statusCode ?? 502, upstream.headers);
    await pipeline(upstream, response);
    return;
  }
  const { size, lastModified, bytes } = await cache.get(url);
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    ...present({ 'content-length': size, 'last-modified': lastModified }),
  });
  if (request.method === 'HEAD') response.end();
  else await pipeline(bytes(), response);
}

function target(written: string, refuses: Refusal): URL {
  if (!URL.canParse(written)) throw problem(400, 'this is a proxy for apt; ask it for an absolute URL');
  const url = new URL(written);
  if (url.protocol !== 'http:') throw problem(400, `${url.protocol} is not proxied`);
  if (refuses(url.hostname)) throw problem(403, `${url.hostname} is not reached through this proxy`);
  return url;
}

/** For https sources: bytes both ways, to port 443 only. */
function tunnel(written: string, socket: Socket, refuses: Refusal): void {
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
