import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Releases, releaseUrls } from '../../../main/layers/resolve/releases.ts';
import { versionsIn } from '../../../main/layers/resolve/resolve.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A mirror whose files are what `files` says by now; `asked` has what it answered. */
async function mirror(files: Record<string, string>, modified?: () => string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const text = files[request.url ?? ''];
    const since = request.headers['if-modified-since'];
    const same = since !== undefined && since === modified?.();
    const status = text === undefined ? 404 : same ? 304 : 200;
    asked.push(`${request.url} ${status}`);
    if (modified) response.setHeader('last-modified', modified());
    response.writeHead(status).end(status === 200 ? text : undefined);
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const releases = () => new Releases({}, new AbortController().signal);

describe('Release files', () => {
  test('are those of the tree’s suites and of the config’s sources, each once', () => {
    const list = [
      'deb [signed-by=/k.gpg] http://m/debian bookworm main',
      'deb http://m/debian bookworm-updates main',
      'deb http://m/debian bookworm main',
    ];
    const own = { name: 'own', uris: 'https://a/ http://b', suites: 'stable ./' };
    expect(releaseUrls(list.join('\n'), [own])).toEqual([
      'http://m/debian/dists/bookworm/InRelease',
      'http://m/debian/dists/bookworm-updates/InRelease',
      'https://a/dists/stable/InRelease',
      'https://a/./InRelease',
      'http://b/dists/stable/InRelease',
      'http://b/./InRelease',
    ]);
  });

  test('are asked for once, and told apart by what is in them', async () => {
    const files = { '/InRelease': 'one' };
    const { url, asked } = await mirror(files);
    const looking = releases();
    const [first] = await looking.now([`${url}/InRelease`]);
    expect(await looking.now([`${url}/InRelease`])).toEqual([first]);
    expect(asked).toHaveLength(1);
    files['/InRelease'] = 'two';
    const [second] = await releases().now([`${url}/InRelease`], first && [first]);
    expect(second?.digest).not.toBe(first?.digest);
  });

  test('that have not changed since are not sent again', async () => {
    const { url, asked } = await mirror({ '/InRelease': 'one' }, () => 'Thu, 01 Jan 2026 00:00:00 GMT');
    const known = await releases().now([`${url}/InRelease`]);
    expect(await releases().now([`${url}/InRelease`], known)).toEqual(known);
    expect(asked).toEqual(['/InRelease 200', '/InRelease 304']);
  });

  test('are named Release on older mirrors', async () => {
    const { url } = await mirror({ '/Release': 'old' });
    expect(await releases().now([`${url}/InRelease`])).toMatchObject([{ url: `${url}/InRelease` }]);
  });

  test('that cannot be had are an error: no mirror, none there, a proxy for https', async () => {
    const { url } = await mirror({});
    await expect(releases().now([`${url}/InRelease`])).rejects.toThrow('404');
    await expect(releases().now(['http://127.0.0.1:1/InRelease'])).rejects.toThrow('ECONNREFUSED');
    await expect(releases().now(['file:/a/InRelease'])).rejects.toThrow('cannot be looked at from here');
    const behind = new Releases({ http_proxy: 'http://127.0.0.1:1' }, new AbortController().signal);
    await expect(behind.now(['https://a/InRelease'])).rejects.toThrow('behind a proxy');
  });
});

test('versions are those of all that apt would install or change, in order', () =>
  expect(
    versionsIn(`Reading package lists...
Inst zlib1g [1:1.2.13] (1:1.2.14 Debian:12.7/stable [amd64])
Inst etcd-server (3.4.23-4+b4 Debian:12.15/oldstable [amd64])
Conf etcd-server (3.4.23-4+b4 Debian:12.15/oldstable [amd64])
Inst marker (1 local-deb [all])`),
  ).toEqual(['etcd-server=3.4.23-4+b4', 'marker=1', 'zlib1g=1:1.2.14']));
