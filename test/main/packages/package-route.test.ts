import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runningAptCacher } from '../../../main/packages/apt-cacher.ts';
import { openPackageRoute, type RouteOptions } from '../../../main/packages/package-route.ts';

/**
 * A route, and what it asked for: proxies by the address they listen on, forwarded ports by where they lead.
 */
async function route(options: Pick<RouteOptions, 'via' | 'mainAddress'>, aptCacher?: number) {
  const asked: string[] = [];
  const opened = await openPackageRoute({
    ...options,
    cacheDir: '/nonexistent',
    log: () => undefined,
    findAptCacher: async () => aptCacher,
    startAptProxy: async ({ host }) => {
      asked.push(`proxy on ${host}`);
      return {
        url: `http://${host}:8100`,
        stats: { hits: 0, misses: 0, passed: 0 },
        [Symbol.asyncDispose]: async () => void asked.push('proxy closed'),
      };
    },
  });
  let next = 41_000;
  const remote = {
    forward: async (_port: number, target: { host: string; port: number }) => {
      const remotePort = next++;
      asked.push(`${remotePort} -> ${target.host}:${target.port}`);
      return { remotePort, [Symbol.asyncDispose]: async () => void asked.push(`${remotePort} closed`) };
    },
  };
  return { asked, opened, proxyFor: () => opened.proxyFor(remote) };
}

describe('the way of the nodes to their packages', () => {
  test('is one proxy on the main host for all nodes, where they reach it', async () => {
    const { proxyFor, asked, opened } = await route({ via: undefined, mainAddress: '10.1.2.1' });
    expect([await proxyFor(), await proxyFor()]).toEqual(['http://10.1.2.1:8100', 'http://10.1.2.1:8100']);
    await opened[Symbol.asyncDispose]();
    expect(asked).toEqual(['proxy on 10.1.2.1', 'proxy closed']);
  });

  test('is their own where they do not', async () => {
    const { proxyFor, asked } = await route({ via: undefined, mainAddress: undefined });
    expect(await proxyFor()).toBeUndefined();
    expect(asked).toEqual([]);
  });

  test('is by packagesVia: main a port of each node’s own that leads through ssh to a proxy on the loopback', async () => {
    const { proxyFor, asked, opened } = await route({ via: 'main', mainAddress: '10.1.2.1' });
    expect([await proxyFor(), await proxyFor()]).toEqual([
      'http://127.0.0.1:41000',
      'http://127.0.0.1:41001',
    ]);
    await opened[Symbol.asyncDispose]();
    expect(asked).toEqual([
      'proxy on 127.0.0.1',
      '41000 -> 127.0.0.1:8100',
      '41001 -> 127.0.0.1:8100',
      '41000 closed',
      '41001 closed',
      'proxy closed',
    ]);
  });

  test('leads to apt-cacher-ng where that runs on the main host', async () => {
    const { proxyFor, asked } = await route({ via: 'main', mainAddress: undefined }, 3142);
    expect(await proxyFor()).toBe('http://127.0.0.1:41000');
    expect(asked).toEqual(['41000 -> 127.0.0.1:3142']);
  });
});

describe('apt-cacher-ng', () => {
  async function listening(answer: RequestListener): Promise<number> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    return (server.address() as AddressInfo).port;
  }

  test('is known by what it answers to who asks it for a page', async () => {
    const port = await listening((_request, response) =>
      response.writeHead(406, 'Usage Information').end('<td>Apt-Cacher NG Usage Information</td>'),
    );
    expect(await runningAptCacher(port)).toBe(port);
  });

  test('is not what else listens on its port, and not nobody', async () => {
    const port = await listening((_request, response) => response.end('all about Apt-Cacher NG'));
    expect(await runningAptCacher(port)).toBeUndefined();
    expect(await runningAptCacher(1)).toBeUndefined();
  });
});
