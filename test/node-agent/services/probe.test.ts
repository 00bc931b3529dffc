import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Probe } from '../../../common/ready.ts';
import { ownAddresses } from '../../../node-agent/proc/listening.ts';
import { probeOf } from '../../../node-agent/services/probe.ts';
import { waitFor } from '../../../node-agent/services/wait-for.ts';

const signal = new AbortController().signal;
/** One that is not the loopback's, where the machine has one. */
const outer = ownAddresses().at(-1) ?? '127.0.0.1';

const tryOnce = async (probe: Probe) => (await probeOf(probe, { cwd: '/' })?.(signal))?.();

async function closedPort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(address: string, port = 0): Promise<number> {
  const server = createServer((socket) => socket.destroy()).listen(port, address);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a port is asked at all addresses of the node: a service may be bound to one of them', async () => {
  const port = await listening(outer);
  expect(await tryOnce({ tcp: port })).toBeUndefined();
  expect(await tryOnce({ tcp: port, host: outer })).toBeUndefined();
});

test('a port that nothing listens on is told with what was asked and what does listen', async () => {
  const other = await listening('127.0.0.1');
  const port = await closedPort();
  const problem = await tryOnce({ tcp: port });
  expect(problem).toMatch(
    new RegExp(`^connection refused on port ${port} of 127\\.0\\.0\\.1.*: nothing listens on it; ports that`),
  );
  expect(problem).toContain(outer);
  expect(problem).toMatch(new RegExp(`\\b${other}\\b|and \\d+ more`));
});

test('a host that is named is the only one asked', async () => {
  const port = await closedPort();
  expect(await tryOnce({ tcp: port, host: '127.0.0.1' })).toBe(`connection refused on 127.0.0.1:${port}`);
});

test('a URL of the loopback address is asked at the node’s others, too, under the same name', async () => {
  const hosts: (string | undefined)[] = [];
  const server = createHttpServer((request, response) => {
    hosts.push(request.headers.host);
    response.end('fine');
  }).listen(0, outer);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await tryOnce({ http: `http://localhost:${port}/health` })).toBeUndefined();
  expect(hosts).toEqual([`localhost:${port}`]);
  const closed = await closedPort();
  expect(await tryOnce({ http: `http://127.0.0.1:${closed}/` })).toMatch(
    /^connection refused on http:\/\/127\.0\.0\.1:\d+\/; asked: 127\.0\.0\.1.*; nothing listens on it/,
  );
});

test('a URL that answers with another status is told with it', async () => {
  const server = createHttpServer((_, response) => response.writeHead(503).end()).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  expect(await tryOnce({ http: url })).toBe(`status 503 from ${url}, not 200 to 299`);
  expect(await tryOnce({ http: url, status: 503 })).toBeUndefined();
});

test('what is waited for is tried until it is there', async () => {
  const port = await closedPort();
  const there = waitFor({ tcp: port }, 60, { cwd: '/' }, signal);
  await listening('127.0.0.1', port);
  expect(await there).toEqual({});
});

test('what does not come is told with what was wrong the last time', async () => {
  expect(await waitFor({ command: 'echo not yet >&2; exit 3' }, 0.5, { cwd: '/' }, signal)).toEqual({
    problem: '`echo not yet >&2; exit 3` ended with 3: not yet',
  });
});

test('a command is waited for where its folder is still to be made', async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'sd-wait-')), 'work');
  onTestFinished(() => rmSync(dirname(folder), { recursive: true }));
  const there = waitFor({ command: 'true' }, 60, { cwd: folder }, signal);
  expect(await waitFor({ command: 'true' }, 0.1, { cwd: folder }, signal)).toEqual({
    problem: `there is no folder ${folder} yet`,
  });
  mkdirSync(folder);
  expect(await there).toEqual({});
});

test('a wait that is given up throws why, and one for a line in a log is refused', async () => {
  const given = AbortSignal.abort(new Error('given up'));
  await expect(waitFor({ tcp: 1 }, 60, { cwd: '/' }, given)).rejects.toThrow('given up');
  await expect(waitFor({ log: 'x' }, 60, { cwd: '/' }, signal)).rejects.toThrow('only a service has a log');
});
