import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../../common/events.ts';
import type { AgentMethods } from '../../common/protocol.ts';
import type { CheckResult } from '../../common/results.ts';
import type { ServiceDied } from '../../common/service-status.ts';
import type { Agent } from '../../main/agent/agent.ts';
import type { ClusterUnderTest } from '../../main/cluster/cluster-under-test.ts';
import type { NodeConfig } from '../../main/config/node/node-config.ts';
import type { Scenario } from '../../main/config/scenario.ts';
import type { CanKeep, CanPower, CanReboot } from '../../main/providers/capabilities.ts';
import type { Cluster, MachinesSpec, Provider } from '../../main/providers/provider.ts';
import { ConnectionLostError } from '../../main/remotes/connection-errors.ts';
import type { Remote } from '../../main/remotes/remote.ts';
import type { World } from '../../main/run/world/world.ts';
import { Secrets } from '../../main/secrets/secrets.ts';

/** What a test makes go wrong, by node id where it concerns one. */
export interface Troubles {
  readonly create?: Error;
  /** Called while the machines are made, with the signal that ends it. */
  readonly duringCreate?: (signal: AbortSignal) => Promise<void>;
  /** The ids of the machines that were there before. */
  readonly borrowed?: readonly number[];
  readonly connect?: Record<number, Error>;
  /** By method, or by `method node`. */
  readonly call?: Record<string, Error>;
  /** Awaited before an agent answers, with `method node`. */
  readonly beforeAnswer?: (call: string) => Promise<void> | void;
  /** What of `collect` matches nothing. */
  readonly unmatched?: readonly string[];
  /** ms, by node id. */
  readonly clockAhead?: Record<number, number>;
  /** What the check files come to. */
  readonly checks?: readonly CheckResult[];
  /** The names of tests that the filter leaves out, where it leaves out all. */
  readonly unwanted?: readonly string[];
  /** Called when the check phase begins. */
  readonly duringChecks?: (world: FakeWorld, cluster: ClusterUnderTest) => Promise<void> | void;
  /** Called when files of a node come home, with the folder into which they go. */
  readonly duringDownload?: (directory: string) => Promise<void> | void;
  /** Called while a machine goes down for a restart. */
  readonly duringReboot?: (world: FakeWorld) => Promise<void> | void;
}

/** A World in memory: machines that do nothing, and a list of what was asked of them, in order. */
export interface FakeWorld extends World {
  readonly asked: string[];
  readonly events: RunEvent[];
  readonly interrupt: () => void;
  /** Makes a service end unasked. */
  readonly die: (node: number, died: ServiceDied) => void;
  /** Loses the connection to a node. */
  readonly lose: (node: number, reason: Error) => void;
  /** Makes calls fail from now on: by method, or by `method node`. */
  readonly break: (call: string, error: Error) => void;
}

export function fakeWorld(troubles: Troubles = {}): FakeWorld {
  const asked: string[] = [];
  const events: RunEvent[] = [];
  const interrupts = new AbortController();
  const broken: Record<string, Error> = { ...troubles.call };
  const deaths = new Map<number, (died: ServiceDied) => void>();
  const losses = new Map<number, (reason: Error) => void>();
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-fake-'));
  const world: FakeWorld = {
    asked,
    events,
    interrupt: () => interrupts.abort(),
    die: (node, died) => deaths.get(node)?.(died),
    lose: (node, reason) => losses.get(node)?.(reason),
    break: (call, error) => void Object.assign(broken, { [call]: error }),
    directory,
    env: {},
    signal: interrupts.signal,
    hurry: new AbortController().signal,
    cacheDir: directory,
    clock: Date.now,
    tell: () => undefined,
    face: { handle: (event) => events.push(event), close: () => undefined },
    provider: async () => fakeProvider(asked, troubles, () => world),
    connector: {
      connect: async ({ port }) => {
        asked.push(`connect ${port}`);
        if (troubles.connect?.[port]) throw troubles.connect[port];
        return fakeRemote(port, asked, losses);
      },
      startAgent: async (remote) =>
        fakeAgent(Number(remote.address), asked, { ...troubles, call: broken }, deaths),
    },
    agentShares: async () => [],
    mustBeInstallable: async () => undefined,
    installHostPackages: async () => undefined,
    startAptProxy: async () => ({
      url: 'http://proxy',
      stats: { hits: 0, misses: 0, passed: 0 },
      [Symbol.asyncDispose]: async () => undefined,
    }),
    resolveVersions: () => Promise.reject(new Error('not in this fake')),
    startCheckHost: () => ({
      noneWanted: troubles.unwanted ? Promise.resolve(troubles.unwanted) : new Promise(() => undefined),
      run: async (cluster, listener) => {
        asked.push('check files');
        await troubles.duringChecks?.(world, cluster);
        for (const check of troubles.checks ?? []) listener.ended(check);
        return troubles.checks ?? [];
      },
      [Symbol.asyncDispose]: async () => undefined,
    }),
  };
  return world;
}

function fakeProvider(
  asked: string[],
  troubles: Troubles,
  world: () => FakeWorld,
): Provider & CanKeep & CanReboot & CanPower {
  const machines = (spec: Pick<MachinesSpec, 'machines'>) =>
    spec.machines.map((machine) => ({
      ...machine,
      ...(troubles.borrowed ? { borrowed: troubles.borrowed.includes(machine.id) } : {}),
      address: `10.0.0.${machine.id}`,
      // The fake connector tells the nodes apart by their port.
      ssh: { host: 'fake', port: machine.id, user: 'root' },
    }));
  return {
    name: 'fake',
    makes: false,
    probe: async () => ({ ok: true }),
    preview: async (spec) => machines(spec),
    create: async (spec, { signal }): Promise<Cluster> => {
      asked.push('create');
      await troubles.duringCreate?.(signal);
      if (troubles.create) throw troubles.create;
      return { id: spec.cluster, provider: 'fake', machines: machines(spec), borrowed: false };
    },
    list: async () => [],
    destroy: async () => void asked.push('destroy'),
    keep: async () => void asked.push('keep'),
    reboot: async ({ machine }, { signal }) => {
      asked.push(`reboot ${machine}`);
      await troubles.duringReboot?.(world());
      signal.throwIfAborted();
    },
    powerOff: async ({ machine }) => void asked.push(`powerOff ${machine}`),
    powerOn: async ({ machine }) => void asked.push(`powerOn ${machine}`),
  };
}

function fakeRemote(node: number, asked: string[], losses: Map<number, (reason: Error) => void>): Remote {
  const unused = () => Promise.reject(new Error('not in this fake'));
  const lost = new AbortController();
  losses.set(node, (reason) => lost.abort(reason));
  return {
    address: String(node),
    user: 'root',
    lost: lost.signal,
    exec: async (command) => ({
      command: String(command),
      exitCode: 0,
      signal: null,
      stdout: '',
      stderr: '',
      durationMs: 0,
    }),
    upload: async (_directory, _target, options) =>
      void asked.push(`upload ${node}: ${options?.entries?.join(' ')}`),
    download: async (paths) => {
      asked.push(`download ${node}: ${paths.join(' ')}`);
      return { files: 1, bytes: 1, problems: [] };
    },
    spawn: unused,
    uploadFile: unused,
    downloadFile: unused,
    forward: unused,
    connect: unused,
    [Symbol.asyncDispose]: async () => {
      asked.push(`disconnect ${node}`);
      lost.abort(new ConnectionLostError({ message: 'the connection is closed' }));
    },
  };
}

function fakeAgent(
  node: number,
  asked: string[],
  { call: failures = {}, clockAhead = {}, beforeAnswer, duringDownload, unmatched = [] }: Troubles,
  deaths: Map<number, (died: ServiceDied) => void>,
): Agent {
  const answers: Partial<{ [M in keyof AgentMethods]: AgentMethods[M]['result'] }> = {
    get clock() {
      return { clockMs: Date.now() + (clockAhead[node] ?? 0) };
    },
    clean: { unchanged: [], restored: [], notRestored: [] },
    install: { installed: [{ name: 'etcd', version: '3' }], heldBack: [] },
    resume: [{ name: 'etcd', state: 'stopped', lastLines: [] }],
    planCollection: { paths: ['/srv/work'], unmatched, problems: [] },
  };
  const ask = (method: string, options?: { readonly signal?: AbortSignal }): unknown => {
    // A look at a clock asks nothing of the node.
    if (method !== 'clock') asked.push(`${method} ${node}`);
    options?.signal?.throwIfAborted();
    const failure = failures[`${method} ${node}`] ?? failures[method];
    if (failure) throw failure;
    return (answers as Readonly<Record<string, unknown>>)[method];
  };
  return {
    info: {
      version: '1',
      pid: 1,
      hostname: `n${node}`,
      os: { id: 'debian', version: '12', codename: 'bookworm' },
      arch: 'x64',
      kernel: '6',
      systemd: true,
      shell: 'bash',
      clockMs: 0,
      boot: 'first',
    },
    ended: new AbortController().signal,
    mustAnswer: async () => undefined,
    call: async (method, _params, options) => {
      await beforeAnswer?.(`${method} ${node}`);
      return ask(method, options) as never;
    },
    exec: async (command, options) => {
      ask('exec', options);
      const ended = { exitCode: 0, signal: null, stdout: '', stderr: '', durationMs: 0, left: [] };
      return { command: String(command), ...ended };
    },
    spawn: () => Promise.reject(new Error('not in this fake')),
    readFile: async (_path, options) => {
      ask('readFile', options);
      return Buffer.alloc(0);
    },
    upload: async (_directory, _target, options) =>
      void asked.push(`upload ${node}: ${options?.entries?.join(' ')}`),
    sendTree: async (entries) =>
      void asked.push(`upload ${node}: ${[...entries].map(({ header }) => header.path).join(' ')}`),
    planProject: () => Promise.reject(new Error('not in this fake')),
    download: async (paths, directory) => {
      asked.push(`download ${node}: ${paths.join(' ')}`);
      await duringDownload?.(directory);
      return { files: 1, bytes: 1, problems: [] };
    },
    reports: async (_params, _open, options) => {
      ask('reports', options);
      return [];
    },
    onServiceDied: (listener) => void deaths.set(node, listener),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** A scenario of `count` nodes with one service and one template, in a new folder. */
export function fakeScenario(count = 2, more: Partial<Scenario> & { template?: string } = {}): Scenario {
  const { template = 'node <{ node_id }>', ...rest } = more;
  const directory = mkdtempSync(join(tmpdir(), 'shakedown-scenario-'));
  const nodeFiles = join(directory, 'node_files');
  mkdirSync(nodeFiles);
  writeFileSync(join(nodeFiles, 'app.conf.tmpl'), template);
  const config: NodeConfig = {
    workingDir: '/srv/work',
    packages: ['etcd'],
    aptSources: [],
    debs: [],
    services: [{ name: 'app', command: './app' }],
    setup: [],
    place: [],
    collect: [],
  };
  return {
    name: 'fake',
    directory,
    nodeFiles,
    provider: 'fake',
    providerOptions: {},
    machines: Array.from({ length: count }, (_, id) => ({ id, name: `n${id}` })),
    login: {},
    packages: [],
    checks: [],
    cache: true,
    checkFiles: [],
    timeouts: {
      machines: 60,
      connect: 60,
      ship: 60,
      install: 60,
      setup: 60,
      start: 60,
      check: 60,
      test: 60,
      boot: 60,
      stop: 60,
      collect: 60,
      run: 300,
    },
    retention: { count: 5, days: 5 },
    mainConfig: {},
    secrets: new Secrets(),
    secretSources: {},
    nodeConfig: () => config,
    origins: new Map(),
    ...rest,
  };
}
