import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ShakedownError } from '../../../common/errors.ts';
import type { CommandResult } from '../../../common/results.ts';
import type { NodeUnderTest } from '../../../main/checks/check.ts';
import { clusterUnderTest } from '../../../main/checks/session-cluster.ts';
import type { Node } from '../../../main/cluster/node.ts';
import type { Session } from '../../../main/phases/phase.ts';
import type { Machine } from '../../../main/providers/provider.ts';
import { ConnectionLostError } from '../../../main/remotes/connection-errors.ts';
import type { Command, ExecOptions } from '../../../main/remotes/remote.ts';
import { node as sshNode } from '../remotes/fake-node.ts';

interface Call {
  readonly what: unknown;
  readonly params: unknown;
}

/** A session of one node that notes what is asked of its connection and its agent. */
function session(answer: Partial<CommandResult> = {}, directory = tmpdir()) {
  const calls: Call[] = [];
  const remote = {
    lost: new AbortController().signal,
    exec: async (command: Command, options: ExecOptions): Promise<CommandResult> => {
      calls.push({ what: command, params: options });
      const result = { exitCode: 0, signal: null, stdout: '', stderr: '', durationMs: 1 };
      return { command: String(command), ...result, ...answer };
    },
  };
  const agent = {
    call: async (what: string, params: unknown, options?: unknown) => {
      calls.push({ what, params: options === undefined ? params : { params, options } });
      return what === 'services' ? [] : { name: 'etcd', state: 'ready', lastLines: [] };
    },
  };
  const services = [{ name: 'etcd', unit: 'etcd.service', stopWithin: 20 }];
  const node = {
    id: 1,
    machine: { id: 1, name: 'n1', address: '10.0.0.11', role: 'follower', ssh: {} },
    config: { workingDir: '/srv/work', services },
    remote,
    agent,
  } as unknown as Node;
  const scenario = { directory, timeouts: { start: 60 } };
  const power = { up: async () => undefined };
  const cluster = clusterUnderTest({ scenario, nodes: [node], power } as unknown as Session);
  const [under] = cluster.nodes;
  if (under === undefined) throw new Error('the session has a node');
  return { cluster, node: under, calls };
}

describe('the cluster of a session', () => {
  test('has its nodes’ facts', () => {
    const { id, name, address, role } = session().node;
    expect({ id, name, address, role }).toEqual({
      id: 1,
      name: 'n1',
      address: '10.0.0.11',
      role: 'follower',
    });
  });

  test('runs commands over the connection: as root and for 60 s unless told', async () => {
    const { node, calls } = session();
    await node.exec('etcdctl member list');
    await node.exec('id', { root: false, timeout: 5, stdin: 'x' });
    expect(calls).toEqual([
      { what: 'etcdctl member list', params: { timeout: 60, root: true } },
      { what: 'id', params: { timeout: 5, root: false, stdin: 'x' } },
    ]);
  });

  test('reads files, whatever their name, and says why it cannot', async () => {
    const { node, calls } = session({ stdout: 'content\n' });
    expect(await node.readFile("/tmp/it's $HOME")).toBe('content\n');
    expect(calls[0]?.what).toEqual(['cat', '--', "/tmp/it's $HOME"]);
    const missing = session({ exitCode: 1, stderr: 'cat: /nowhere: No such file or directory\n' }).node;
    await expect(missing.readFile('/nowhere')).rejects.toThrow(
      "cannot read '/nowhere': No such file or directory",
    );
  });

  test('reads a file whole that was too big to be kept in memory', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spool-'));
    const stdoutFile = join(folder, 'stdout');
    writeFileSync(stdoutFile, 'all of it');
    expect(await session({ stdout: 'all', stdoutFile }).node.readFile('/big')).toBe('all of it');
    rmSync(folder, { recursive: true });
  });

  test('starts, stops and kills services as the config has them', async () => {
    const { node, calls } = session();
    await node.startService('etcd');
    await node.stopService('etcd');
    await node.killService('etcd', 'SIGSTOP');
    const service = { name: 'etcd', unit: 'etcd.service', readyWithin: 60, stopWithin: 20 };
    expect(calls).toEqual([
      {
        what: 'startService',
        params: { params: { service, workingDir: '/srv/work' }, options: { timeout: 90 } },
      },
      { what: 'stopService', params: { params: { name: 'etcd' }, options: { timeout: 50 } } },
      { what: 'killService', params: { params: { name: 'etcd', signal: 'STOP' }, options: { timeout: 30 } } },
    ]);
  });

  test('tells the services that there are when it is asked for another', async () => {
    await expect(session().node.startService('nginx')).rejects.toThrow(
      "node 1 has no service 'nginx'; its services: 'etcd'",
    );
  });
});

describe('a port of a node, as the main host reaches it', () => {
  /** A node of this address whose ssh ends on this machine. */
  async function nodeAt(machine: Partial<Machine>): Promise<{ node: NodeUnderTest; lose: () => void }> {
    const { connect } = await sshNode();
    const remote = await connect();
    const session = {
      scenario: { directory: '/', timeouts: { start: 60 } },
      power: { up: async () => undefined },
      nodes: [
        {
          id: 0,
          machine: { id: 0, name: 'n0', ssh: {}, ...machine },
          config: { services: [] },
          remote,
          lost: remote.lost,
        },
      ],
    };
    const [node] = clusterUnderTest(session as unknown as Session).nodes;
    if (node === undefined) throw new Error('the session has a node');
    return { node, lose: () => remote[Symbol.asyncDispose]() };
  }
  const listening = async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const said = async (endpoint: string) => {
    const [host = '', port] = endpoint.split(':');
    return text(connectTcp({ host, port: Number(port) }));
  };

  test('is at the node’s address', async () => {
    const { node } = await nodeAt({ address: '10.0.0.11' });
    expect(await node.endpoint(2379)).toBe('10.0.0.11:2379');
    expect(node.connect).toBeUndefined();
    expect(await (await nodeAt({ address: 'fd00::1' })).node.endpoint(80)).toBe('[fd00::1]:80');
  });

  test('is a port of its own loopback, by ssh, where it has no route to that', async () => {
    const { node } = await nodeAt({ address: '127.0.0.1', sshOnly: true });
    const port = await listening();
    const endpoint = await node.endpoint(port);
    expect(endpoint).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(endpoint).not.toBe(`127.0.0.1:${port}`);
    expect(await node.endpoint(port)).toBe(endpoint);
    expect(await said(endpoint)).toBe('hello');
    expect(node.connect).toBeDefined();
  });

  test('goes by ssh too where there are jump hosts before the node', async () => {
    const ssh = { host: '10.0.0.11', port: 22, user: 'root' };
    const { node } = await nodeAt({ address: '10.0.0.11', ssh: { ...ssh, jumps: [ssh] } });
    expect(node.connect).toBeDefined();
  });

  test('is closed with the connection to the node', async () => {
    const { node, lose } = await nodeAt({ address: '127.0.0.1', sshOnly: true });
    const endpoint = await node.endpoint(await listening());
    await lose();
    await expect.poll(() => said(endpoint).catch((error) => error.code)).toBe('ECONNREFUSED');
  });
});

describe('a node that is restarted', () => {
  const lost = new ConnectionLostError({ message: 'the connection to 10.0.0.11 is closed' });

  /** A node whose commands end with the connection, and whose restart ends when the test says so. */
  function restarted() {
    const acts: unknown[] = [];
    const back = Promise.withResolvers<void>();
    const calls = { up: async (): Promise<void> => undefined };
    const node = {
      id: 1,
      machine: { id: 1, name: 'n1', address: '10.0.0.11', ssh: {} },
      config: { services: [] },
      remote: { exec: async () => Promise.reject(lost) },
      endIsMeant: false,
    };
    const power = {
      up: () => calls.up(),
      act: async (_node: unknown, what: unknown, by?: string) => void acts.push([what, by]),
    };
    const session = { scenario: { directory: '/', timeouts: {} }, nodes: [node], power };
    const [under] = clusterUnderTest(session as unknown as Session).nodes;
    if (under === undefined) throw new Error('the session has a node');
    return { node, under, acts, back, calls };
  }

  test('by a check: it is asked for with the check’s name', async () => {
    const { under, acts } = restarted();
    await under.act({ act: 'snapshot', name: 'before' }, 'suite > test');
    expect(acts).toEqual([[{ act: 'snapshot', name: 'before' }, 'suite > test']]);
  });

  test('breaks off what is under way, which is no loss of the node', async () => {
    const { node, under } = restarted();
    node.endIsMeant = true;
    await expect(under.exec('sleep 100')).rejects.toMatchObject({
      name: 'ShakedownError',
      message: 'broken off: the node was restarted or switched off meanwhile',
      verdict: 'fail',
    });
    node.endIsMeant = false;
    await expect(under.exec('sleep 100'), 'nobody meant this').rejects.toBe(lost);
  });

  test('is waited for by what is asked of it meanwhile', async () => {
    const { node, under, back, calls } = restarted();
    calls.up = () => back.promise;
    const asked = under.exec('hostname');
    const result = { exitCode: 0, stdout: 'n1' };
    Object.assign(node, { remote: { exec: async () => result } });
    back.resolve();
    expect(await asked).toBe(result);
  });

  test('and left off answers nothing: what is asked of it throws why', async () => {
    const { under, calls } = restarted();
    const off = new ShakedownError({ message: "it is off: the check 'a' switched it off" });
    calls.up = async () => Promise.reject(off);
    await expect(under.services()).rejects.toBe(off);
  });
});

describe('a command on the main host', () => {
  test('runs in the scenario’s folder; a non-zero exit is a result', async () => {
    const { cluster } = session({}, '/');
    expect(await cluster.execOnMain('pwd; echo oh >&2; exit 3')).toMatchObject({
      command: 'pwd; echo oh >&2; exit 3',
      exitCode: 3,
      signal: null,
      stdout: '/\n',
      stderr: 'oh\n',
    });
  });

  test('reads what it is given, and nothing unless told', async () => {
    const { cluster } = session();
    expect((await cluster.execOnMain('cat', { stdin: 'input' })).stdout).toBe('input');
    expect((await cluster.execOnMain('cat')).stdout).toBe('');
  });

  test('is killed with all its children when its time is up', async () => {
    const begun = performance.now();
    await expect(session().cluster.execOnMain('sleep 60 | cat', { timeout: 0.2 })).rejects.toThrow(
      'the command did not finish within 0.2 s',
    );
    expect(performance.now() - begun).toBeLessThan(30_000);
  });

  test('is ended with the check that asked for it', async () => {
    const check = new AbortController();
    setTimeout(() => check.abort(), 50);
    await expect(session().cluster.execOnMain('sleep 60', { signal: check.signal })).rejects.toThrow(
      'the command was ended',
    );
  });
});
