import { once } from 'node:events';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ShakedownError } from '../../../common/errors.ts';
import type { RunEventBody } from '../../../common/events.ts';
import type { TaskOptions, TaskResult } from '../../../main/agent/task.ts';
import { LiveCluster } from '../../../main/cluster/live-cluster.ts';
import type { Node } from '../../../main/cluster/node.ts';
import type { ActiveFaults } from '../../../main/cluster/operations/active-faults.ts';
import type { Timeouts } from '../../../main/config/scenario.ts';
import type { Machine } from '../../../main/providers/provider.ts';
import { ConnectionLostError } from '../../../main/remotes/connection-errors.ts';
import type { Command } from '../../../main/remotes/remote.ts';
import { Secrets } from '../../../main/secrets/secrets.ts';
import { faceOf, nodeOf } from '../../fakes/face-of.ts';
import { node as sshNode } from '../remotes/fake-node.ts';

interface Call {
  readonly what: unknown;
  readonly params: unknown;
}

/** A cluster that is up, of these nodes; tests fill in what they use. */
const live = (nodes: readonly object[], more: object = {}): LiveCluster =>
  new LiveCluster({
    nodes: nodes as readonly Node[],
    directory: tmpdir(),
    spoolDir: tmpdir(),
    timeouts: { start: 60 } as Timeouts,
    secrets: new Secrets(),
    power: { up: async () => undefined, act: async () => undefined },
    packages: { proxyFor: async () => undefined, [Symbol.asyncDispose]: async () => undefined },
    startedAt: 1,
    faults: {} as ActiveFaults,
    ctx: { emit: () => undefined, log: () => undefined },
    ...more,
  });

/** A cluster of one node that notes what is asked of its agent. */
function cluster(answer: Partial<TaskResult> = {}, directory = tmpdir()) {
  const calls: Call[] = [];
  const events: RunEventBody[] = [];
  const agent = {
    exec: async (command: Command, options: TaskOptions): Promise<TaskResult> => {
      calls.push({ what: command, params: options });
      const result = { exitCode: 0, signal: null, stdout: '', stderr: '', durationMs: 1, left: [] };
      return { command: String(command), ...result, ...answer };
    },
    readFile: async (path: string, params: unknown) => {
      calls.push({ what: path, params });
      return Buffer.from('één\n');
    },
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
    agent,
  };
  const ctx = { emit: (event: RunEventBody) => void events.push(event), log: () => undefined };
  const made = live([node], { directory, ctx });
  return { cluster: made, node: nodeOf(made), main: faceOf(made).main, calls, events };
}

describe('a cluster that is up', () => {
  test('has its nodes’ facts', () => {
    const { id, name, address, role } = cluster().node;
    expect({ id, name, address, role }).toEqual({
      id: 1,
      name: 'n1',
      address: '10.0.0.11',
      role: 'follower',
    });
  });

  test('runs commands through the agent: as root and for 60 s unless told', async () => {
    const { node, calls } = cluster();
    await node.exec('etcdctl member list');
    await node.exec('id', { root: false, timeout: 5, stdin: 'x' });
    expect(calls).toEqual([
      { what: 'etcdctl member list', params: { timeout: 60, spoolDir: tmpdir(), root: true } },
      { what: 'id', params: { timeout: 5, spoolDir: tmpdir(), root: false, stdin: 'x' } },
    ]);
  });

  test('tells what a command left running, and gives its result without it', async () => {
    const left = [{ pid: 4711, command: 'sleep 99' }];
    const { node, events } = cluster({ stdout: 'started\n', left });
    const result = await node.exec('sleep 99 & echo started');
    expect(result).toMatchObject({ stdout: 'started\n', exitCode: 0 });
    expect(result).not.toHaveProperty('left');
    const message = "'sleep 99 & echo started' left running: sleep 99 (pid 4711)";
    expect(events).toEqual([{ type: 'note', message, node: 1 }]);
  });

  test('reads files through the agent', async () => {
    const { node, calls } = cluster();
    expect(await node.readFile("/tmp/it's $HOME")).toBe('één\n');
    expect(calls).toEqual([{ what: "/tmp/it's $HOME", params: { maxBytes: 64 * 1024 ** 2 } }]);
  });

  test('takes no argument that its operations do not know', async () => {
    const { node, cluster: made, calls } = cluster();
    const asked = (...params: unknown[]) => made.ask('node', 'exec', { node: 1 }, params as never);
    await expect(asked('x', { timout: 3 })).rejects.toThrow(
      "'node.exec', argument 2: timout: unknown key; did you mean 'timeout'?",
    );
    await expect(asked('x', { timeout: 'long' })).rejects.toThrow(
      'argument 2: timeout: found the string "long"',
    );
    await expect(asked()).rejects.toThrow("'node.exec' does not take 0 arguments");
    await expect(made.ask('node', 'constructor' as never, { node: 1 }, [] as never)).rejects.toThrow(
      "There is no operation 'node.constructor'",
    );
    await expect(made.ask('node', 'reboot', { node: 7 }, [])).rejects.toThrow('there is no node 7');
    await expect(node.endpoint(0)).rejects.toThrow(
      "'node.endpoint', argument 1: found 0, expected a port number",
    );
    expect(calls).toEqual([]);
  });

  test('starts, stops and kills services as the config has them', async () => {
    const { node, calls } = cluster();
    await node.service('etcd').start();
    await node.service('etcd').stop();
    await node.service('etcd').kill('SIGSTOP');
    await node.service('etcd').kill({ restart: true });
    const service = { name: 'etcd', unit: 'etcd.service', readyWithin: 60, stopWithin: 20 };
    expect(calls).toEqual([
      {
        what: 'startService',
        params: { params: { service, workingDir: '/srv/work' }, options: { timeout: 90 } },
      },
      { what: 'stopService', params: { params: { name: 'etcd' }, options: { timeout: 50 } } },
      {
        what: 'killService',
        params: { params: { name: 'etcd', signal: 'STOP', restart: false }, options: { timeout: 30 } },
      },
      {
        what: 'killService',
        params: { params: { name: 'etcd', signal: 'KILL', restart: true }, options: { timeout: 30 } },
      },
    ]);
  });

  test('tells the services that there are when it is asked for another', async () => {
    await expect(cluster().node.service('nginx').start()).rejects.toThrow(
      "there is no service 'nginx'; its services: 'etcd'",
    );
  });
});

describe('a port of a node, as the main host reaches it', () => {
  /** A node of this address whose ssh ends on this machine. */
  async function nodeAt(machine: Partial<Machine>) {
    const { connect } = await sshNode();
    const remote = await connect();
    const made = live([
      {
        id: 0,
        machine: { id: 0, name: 'n0', ssh: {}, ...machine },
        config: { services: [] },
        remote,
        lost: remote.lost,
      },
    ]);
    return { node: nodeOf(made), under: made.nodes[0], lose: () => remote[Symbol.asyncDispose]() };
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
    const { node, under } = await nodeAt({ address: '10.0.0.11' });
    expect(await node.endpoint(2379)).toBe('10.0.0.11:2379');
    expect(under?.connect).toBeUndefined();
    expect(await (await nodeAt({ address: 'fd00::1' })).node.endpoint(80)).toBe('[fd00::1]:80');
  });

  test('is a port of its own loopback, by ssh, where it has no route to that', async () => {
    const { node, under } = await nodeAt({ address: '127.0.0.1', sshOnly: true });
    const port = await listening();
    const endpoint = await node.endpoint(port);
    expect(endpoint).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(endpoint).not.toBe(`127.0.0.1:${port}`);
    expect(await node.endpoint(port)).toBe(endpoint);
    expect(await said(endpoint)).toBe('hello');
    expect(under?.connect).toBeDefined();
  });

  test('goes by ssh too where there are jump hosts before the node', async () => {
    const ssh = { host: '10.0.0.11', port: 22, user: 'root' };
    const { under } = await nodeAt({ address: '10.0.0.11', ssh: { ...ssh, jumps: [ssh] } });
    expect(under?.connect).toBeDefined();
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
      config: { services: [{ name: 'etcd' }] },
      remote: {},
      agent: { exec: async () => Promise.reject(lost) },
      endIsExpected: false,
    };
    const power = {
      up: () => calls.up(),
      act: async (_node: unknown, what: unknown, by?: string) => void acts.push([what, by]),
    };
    const under = nodeOf(live([node], { power }), 0, { by: 'suite > test' });
    return { node, under, acts, back, calls };
  }

  test('by a check: it is asked for with the check’s name', async () => {
    const { under, acts } = restarted();
    await under.snapshot('before');
    expect(acts).toEqual([[{ act: 'snapshot', name: 'before' }, 'suite > test']]);
  });

  test('breaks off what is under way, which is no loss of the node', async () => {
    const { node, under } = restarted();
    node.endIsExpected = true;
    await expect(under.exec('sleep 100')).rejects.toMatchObject({
      name: 'ShakedownError',
      message: 'broken off: the node was restarted or switched off meanwhile',
      verdict: 'fail',
    });
    node.endIsExpected = false;
    await expect(under.exec('sleep 100'), 'nobody meant this').rejects.toBe(lost);
  });

  test('is waited for by what is asked of it meanwhile', async () => {
    const { node, under, back, calls } = restarted();
    calls.up = () => back.promise;
    const asked = under.exec('hostname');
    const result = { exitCode: 0, stdout: 'n1' };
    Object.assign(node, { agent: { exec: async () => ({ ...result, left: [] }) } });
    back.resolve();
    expect(await asked).toEqual(result);
  });

  test('and left off answers nothing: what is asked of it throws why', async () => {
    const { under, calls } = restarted();
    const off = new ShakedownError({ message: "it is off: the check 'a' switched it off" });
    calls.up = async () => Promise.reject(off);
    await expect(under.service('etcd').status()).rejects.toBe(off);
  });
});

describe('a command on the main host', () => {
  test('runs in the scenario’s folder; a non-zero exit is a result', async () => {
    const { main } = cluster({}, '/');
    expect(await main.exec('pwd; echo oh >&2; exit 3')).toMatchObject({
      command: 'pwd; echo oh >&2; exit 3',
      exitCode: 3,
      signal: null,
      stdout: '/\n',
      stderr: 'oh\n',
    });
  });

  test('reads what it is given, and nothing unless told', async () => {
    const { main } = cluster();
    expect((await main.exec('cat', { stdin: 'input' })).stdout).toBe('input');
    expect((await main.exec('cat')).stdout).toBe('');
  });

  test('is killed with all its children when its time is up', async () => {
    const begun = performance.now();
    await expect(cluster().main.exec('sleep 60 | cat', { timeout: 0.2 })).rejects.toThrow(
      'the command did not finish within 0.2 s',
    );
    expect(performance.now() - begun).toBeLessThan(30_000);
  });

  test('is ended with the check that asked for it', async () => {
    const check = new AbortController();
    setTimeout(() => check.abort(), 50);
    const { cluster: made } = cluster();
    await expect(made.ask('main', 'exec', {}, ['sleep 60'], { signal: check.signal })).rejects.toThrow(
      'the command was ended',
    );
  });
});

describe('free addresses', () => {
  const node = (spareAddresses?: readonly string[]) => ({
    id: 0,
    machine: { id: 0, ssh: {}, spareAddresses },
  });

  test('are handed out once each, the last ones first: templates take the others', async () => {
    const face = faceOf(live([node(['10.1.2.254', '10.1.2.253']), node(['10.1.2.254', '10.1.2.253'])]));
    expect([await face.freeAddress(), await face.freeAddress()]).toEqual(['10.1.2.253', '10.1.2.254']);
    await expect(face.freeAddress()).rejects.toThrow(
      'all free addresses in the nodes’ network were handed out',
    );
  });

  test('are not known in a network that is not ours', async () => {
    await expect(faceOf(live([node()])).freeAddress()).rejects.toThrow(
      'the nodes’ network is not ours, so it is not known which of its addresses are free',
    );
  });
});
