import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { runDeclaredChecks } from '../../../../main/checks/declared/declared-checks.ts';
import type { DeclaredCheck } from '../../../../main/config/scenario.ts';
import { ConnectionLostError } from '../../../../main/remotes/connection-errors.ts';
import { FakeCluster, type Shell } from '../../../fakes/cluster-under-test.ts';
import { node as sshNode } from '../../remotes/fake-node.ts';
import { Listener, outcomes } from '../check-files.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
const serve = (answer: RequestListener) => listen(createHttpServer(answer));

/** Three nodes that are all this machine. */
const here = (shell?: Shell) => new FakeCluster({ address: () => '127.0.0.1', ...(shell && { shell }) });

const run = (checks: readonly DeclaredCheck[], cluster = here(), filter?: string) =>
  runDeclaredChecks(checks, cluster, new Listener(), {
    signal: new AbortController().signal,
    ...(filter === undefined ? {} : { filter }),
  });

/** For what shall not come true. */
const soon = { within: 0.3 };

const tcp = (port: number, more: Partial<DeclaredCheck & { kind: 'tcp' }> = {}): DeclaredCheck => ({
  kind: 'tcp',
  name: `tcp ${port}`,
  within: 30,
  port,
  on: 'all',
  ...more,
});
const http = (url: string, more: Partial<DeclaredCheck & { kind: 'http' }> = {}): DeclaredCheck => ({
  kind: 'http',
  name: 'health',
  within: 30,
  url,
  on: 'first',
  status: 200,
  ...more,
});
const command = (more: Partial<DeclaredCheck & { kind: 'command' }> = {}): DeclaredCheck => ({
  kind: 'command',
  name: 'endpoint health',
  within: 30,
  command: 'etcdctl endpoint health',
  on: 'main',
  exitCode: 0,
  ...more,
});

describe('tcp', () => {
  test('passes on each node whose port accepts connections', async () => {
    const port = await listen(createServer((socket) => socket.destroy()));
    expect(outcomes(await run([tcp(port)]))).toEqual([
      `pass tcp ${port} on node 0`,
      `pass tcp ${port} on node 1`,
      `pass tcp ${port} on node 2`,
    ]);
  });

  test('tells what was expected, what was found and how often it looked', async () => {
    const port = await listen(createServer());
    servers.pop()?.close();
    const [result] = await run([tcp(port, { on: 'main', ...soon })]);
    expect(result).toMatchObject({ name: `tcp ${port}`, kind: 'tcp', verdict: 'fail' });
    expect(result?.message).toMatch(
      new RegExp(
        `^expected 127.0.0.1 to accept connections on port ${port}; found connection refused \\(\\d+ attempts? in [\\d.]+ s\\)$`,
      ),
    );
  });

  test('becomes true while it is retried', async () => {
    const server = createServer((socket) => socket.destroy());
    const port = await listen(server);
    server.close();
    setTimeout(() => server.listen(port, '127.0.0.1'), 300);
    expect(outcomes(await run([tcp(port, { on: 'main', within: 60 })]))).toEqual([`pass tcp ${port}`]);
  });
});

describe('http', () => {
  test('asks a path with a port of each node', async () => {
    const port = await serve((request, response) => response.end(request.url === '/health' ? 'true' : 'no'));
    const check = http(`:${port}/health`, { on: 'all', body: '^true$' });
    expect(outcomes(await run([check]))).toEqual([
      'pass health on node 0',
      'pass health on node 1',
      'pass health on node 2',
    ]);
  });

  test('asks an absolute URL once', async () => {
    const port = await serve((_, response) => response.end());
    expect(outcomes(await run([http(`http://127.0.0.1:${port}/`, { on: 'all' })]))).toEqual(['pass health']);
  });

  test('tells another status, with the body as evidence', async () => {
    const port = await serve((_, response) => response.writeHead(503).end('no leader'));
    const [result] = await run([http(`:${port}/`, soon)]);
    expect(result).toMatchObject({ verdict: 'fail', detail: 'no leader' });
    expect(result?.message).toContain(`expected http://127.0.0.1:${port}/ to answer 200; found status 503`);
  });

  test('tells a body that does not match', async () => {
    const port = await serve((_, response) => response.end('{"health":"false"}'));
    const [result] = await run([http(`:${port}/`, { body: '"true"', ...soon })]);
    expect(result?.message).toMatch(/with a body that matches \/"true"\/; found another body/);
    expect(result?.detail).toBe('{"health":"false"}');
  });

  test('does not follow redirects: a check can ask for one', async () => {
    const port = await serve((_, response) => response.writeHead(302, { location: '/other' }).end());
    expect(outcomes(await run([http(`:${port}/`, { status: 302 })]))).toEqual(['pass health on node 0']);
  });

  test('is ended when the server accepts and says nothing', async () => {
    const port = await serve(() => {});
    const [result] = await run([http(`:${port}/`, soon)]);
    expect(result?.message).toMatch(/found no answer in time \(1 attempt in [\d.]+ s\)/);
  });
});

describe('a node to which the main host has no route', () => {
  /** Its sshd, which is on this machine, passes connections on. */
  async function behindSsh(): Promise<FakeCluster> {
    const remote = await (await sshNode()).connect();
    const connect = (port: number) => remote.connect('127.0.0.1', port);
    const cluster = new FakeCluster({ count: 1, address: () => '192.0.2.1' });
    Object.assign(cluster.node(0), { connect });
    return cluster;
  }

  test('is asked by its ssh, which the name of the check tells', async () => {
    const port = await serve((request, response) =>
      response.end(`asked for ${request.url} at ${request.headers.host}`),
    );
    const body = `^asked for /health at 192.0.2.1:${port}$`;
    const checks = [tcp(port, { within: 60 }), http(`:${port}/health`, { body, within: 60 })];
    expect(outcomes(await run(checks, await behindSsh()))).toEqual([
      `pass tcp ${port} on node 0 (by ssh)`,
      'pass health on node 0 (by ssh)',
    ]);
  });

  test('tells that nobody listens', async () => {
    const port = await listen(createServer());
    servers.pop()?.close();
    const cluster = await behindSsh();
    const results = await run([tcp(port, soon), http(`:${port}/`, soon)], cluster);
    expect(results.map(({ message }) => message?.replace(/ \(\d+ attempts?.*$/, ''))).toEqual([
      `expected 192.0.2.1 (by ssh) to accept connections on port ${port}; found connection failed`,
      `expected http://192.0.2.1:${port}/ (by ssh) to answer 200; found connection failed`,
    ]);
  });

  test('that says nothing at all does not use up all attempts, nor more time than the check has', async () => {
    const cluster = new FakeCluster({ count: 1 });
    Object.assign(cluster.node(0), { connect: () => new Promise(() => {}) });
    const [result] = await run([tcp(80, soon)], cluster);
    expect(result?.message).toMatch(/found no answer in time \(1 attempt in [\d.]+ s\)/);
  });

  test('that is lost ends the check with verdict error', async () => {
    const cluster = new FakeCluster({ count: 1 });
    const lost = new ConnectionLostError({ message: 'the connection was lost' });
    Object.assign(cluster.node(0), { connect: () => Promise.reject(lost) });
    expect(outcomes(await run([tcp(80)], cluster))).toEqual(['error tcp 80 on node 0 (by ssh)']);
  });
});

describe('command', () => {
  test('runs on the main host, or on each node that is meant', async () => {
    const seen: (number | undefined)[] = [];
    const cluster = here((_command, _options, node) => {
      seen.push(node);
      return {};
    });
    const checks = [command(), command({ on: { role: 'follower' } }), command({ on: { node: 0 } })];
    expect(outcomes(await run(checks, cluster))).toEqual([
      'pass endpoint health',
      'pass endpoint health on node 1',
      'pass endpoint health on node 2',
      'pass endpoint health on node 0',
    ]);
    expect(seen).toEqual([undefined, 1, 2, 0]);
  });

  test('tells another exit code, with the output as evidence', async () => {
    const [result] = await run(
      [command(soon)],
      here(() => ({ exitCode: 1, stdout: 'a\n', stderr: 'unhealthy cluster\n' })),
    );
    expect(result).toMatchObject({ verdict: 'fail', detail: 'a\nunhealthy cluster' });
    expect(result?.message).toContain(
      "expected 'etcdctl endpoint health' to exit 0; found exit 1: unhealthy cluster",
    );
  });

  test('tells output that does not match', async () => {
    const [result] = await run(
      [command({ stdout: '3 members', ...soon })],
      here(() => ({ stdout: '2 members\n' })),
    );
    expect(result?.message).toContain('and print what matches /3 members/; found other output');
  });

  test('is ended when it hangs', async () => {
    const hanging: Shell = (_command, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    const [result] = await run([command(soon)], here(hanging));
    expect(result).toMatchObject({ verdict: 'fail' });
    expect(result?.message).toMatch(/found no answer in time \(1 attempt/);
  });
});

describe('declared checks', () => {
  test('are an error that names the node when it is lost', async () => {
    const cluster = here((command) => (command === 'hang' ? new Promise(() => {}) : {}));
    setTimeout(() => cluster.node(1).lose('the connection was lost'), 50);
    const [result] = await run([command({ command: 'hang', on: { node: 1 }, within: 10 })], cluster);
    expect(result?.verdict).toBe('error');
    expect(result?.message).toMatch(/^Node 1 \(127\.0\.0\.1\): the connection was lost/);
  });

  test('are an error when they are about no node at all', async () => {
    const [result] = await run([tcp(1, { on: { role: 'witness' } })]);
    expect(result).toMatchObject({
      verdict: 'error',
      message: "there is nothing to check: no node is meant by role 'witness'",
    });
  });

  test('are chosen by a part of their name, whatever the case', async () => {
    const checks = [command({ name: 'Leader' }), command({ name: 'members' })];
    expect(
      outcomes(
        await run(
          checks,
          here(() => ({})),
          'LEAD',
        ),
      ),
    ).toEqual(['pass Leader']);
  });

  test('run side by side, and tell as they begin and end', async () => {
    const listener = new Listener();
    const { signal } = new AbortController();
    const cluster = here(async (name) => {
      await new Promise((resolve) => setTimeout(resolve, name === 'slow' ? 100 : 0));
      return {};
    });
    const checks = ['slow', 'fast'].map((name) => command({ name, command: name }));
    await runDeclaredChecks(checks, cluster, listener, { signal });
    expect(listener.heard).toEqual(['started slow', 'started fast', 'pass fast', 'pass slow']);
  });

  test('end with the run: what is under way is an error that says why', async () => {
    const end = new AbortController();
    setTimeout(() => end.abort(new Error('interrupted by SIGINT')), 50);
    const checks = [command({ within: 60 })];
    const cluster = here(() => ({ exitCode: 1 }));
    const [result] = await runDeclaredChecks(checks, cluster, new Listener(), { signal: end.signal });
    expect(result?.verdict).toBe('error');
    expect(result?.message).toMatch(/^not finished: interrupted by SIGINT; expected .*; found exit 1/);
  });
});
