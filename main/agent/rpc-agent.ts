import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asShakedownError, ShakedownError } from '../../common/errors.ts';
import type { NodeReport } from '../../common/protocol/evidence-protocol.ts';
import type { ProjectPlan } from '../../common/protocol/project-protocol.ts';
import type { AgentInfo, AgentMethods } from '../../common/protocol.ts';
import type { ServiceDied } from '../../common/service-status.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import type { PackedEntry } from '../../common/trees/tree-entry.ts';
import type { Command, Downloaded, Remote, RemoteProcess, TransferOptions } from '../remotes/remote.ts';
import type { Agent, AgentListener, CallOptions, ReportsParams } from './agent.ts';
import { methodLimits } from './answers/method-limits.ts';
import { planProject } from './plan-project.ts';
import { RpcConnection } from './rpc-connection.ts';
import { execTask, spawnTask } from './run-task.ts';
import type { RunningTask, SpawnOptions, TaskOptions, TaskResult } from './task.ts';
import { fetchTree } from './trees/fetch-tree.ts';
import { entriesIn, sendTree } from './trees/send-tree.ts';

/** Reports of one node at most, beside two of each unit. */
const maxReports = 64;

/** Deaths of services that are kept for listeners that come later. */
const mostDeaths = 100;

/** An agent at the other end of a process's pipes. Its `info` is to be asked for. */
export class RpcAgent implements Agent {
  info: AgentInfo = unknownInfo;
  readonly #connection: RpcConnection;
  readonly #died: ServiceDied[] = [];
  readonly #diedListeners: ((died: ServiceDied) => void)[] = [];

  constructor(remote: Pick<Remote, 'address' | 'lost'>, child: RemoteProcess, listener: AgentListener) {
    this.#connection = new RpcConnection(remote, child);
    this.#connection.on('log', ({ message }) => listener.log(message));
    this.#connection.on('progress', ({ message }) => listener.progress(message));
    this.#connection.on('serviceDied', (died) => {
      if (this.#died.length < mostDeaths) this.#died.push(died);
      for (const tell of this.#diedListeners) tell(died);
    });
    this.#connection.listen();
  }

  get ended(): AbortSignal {
    return this.#connection.ended;
  }

  mustAnswer(seconds: number): Promise<void> {
    return this.#connection.mustAnswer(seconds);
  }

  call<M extends keyof AgentMethods>(
    method: M,
    params: AgentMethods[M]['params'],
    options: CallOptions = {},
  ): Promise<AgentMethods[M]['result']> {
    return this.#connection.call(method, params, options);
  }

  exec(command: Command, options: TaskOptions = {}): Promise<TaskResult> {
    return execTask(this.#connection, command, options);
  }

  spawn(command: Command, options: SpawnOptions = {}): Promise<RunningTask> {
    return spawnTask(this.#connection, command, options);
  }

  async readFile(
    path: string,
    { maxBytes = 16 * 1024 ** 2, ...options }: CallOptions & { readonly maxBytes?: number } = {},
  ): Promise<Buffer> {
    const { timeout = methodLimits.readFile, signal } = options;
    const stream = (await this.#connection.open()).read();
    try {
      return await withTimeLimit({ what: `reading '${path}'`, seconds: timeout, signal }, async (stop) => {
        const [bytes] = await Promise.all([
          atMost(maxBytes, stream, path),
          this.call('readFile', { path, maxBytes, to: stream.id }, { signal: stop }),
        ]);
        return bytes;
      });
    } finally {
      stream.destroy();
    }
  }

  async upload(...[directory, target, options = {}]: Parameters<Agent['upload']>): Promise<void> {
    const { entries, ...how } = options;
    if (entries?.length !== 0) await this.sendTree(entriesIn(directory, entries), target, how);
  }

  sendTree(
    entries: Iterable<PackedEntry> | AsyncIterable<PackedEntry>,
    target: string,
    options: TransferOptions = {},
  ): Promise<void> {
    return sendTree(this.#connection, this, entries, target, options);
  }

  planProject(...[directory, files, options = {}]: Parameters<Agent['planProject']>): Promise<ProjectPlan> {
    return planProject(this.#connection, directory, files, options);
  }

  async download(...[paths, directory, options = {}]: Parameters<Agent['download']>): Promise<Downloaded> {
    if (paths.length === 0) return { files: 0, bytes: 0, problems: [] };
    const { sparse, ...fetched } = await fetchTree(this.#connection, paths, directory, options);
    if (sparse.length === 0) return fetched;
    // tar(1) keeps holes as holes.
    const { downloadTree } = await import('../remotes/transfer/download-tree.ts');
    const rest = await downloadTree(this, sparse, directory, options);
    return {
      files: fetched.files + rest.files,
      bytes: fetched.bytes + rest.bytes,
      problems: [...fetched.problems, ...rest.problems],
    };
  }

  async reports(
    params: ReportsParams,
    open: (name: string) => Writable | Promise<Writable>,
    { signal, timeout }: CallOptions = {},
  ): Promise<readonly string[]> {
    const count = maxReports + 2 * params.units.length;
    const channel = await this.#connection.open();
    const streams = Array.from({ length: count }, () => channel.read());
    const byId = new Map(streams.map((stream) => [stream.id, stream]));
    const fetch = async ({ name, stream: id }: NodeReport): Promise<string[]> => {
      const stream = byId.get(id);
      byId.delete(id);
      if (!stream) throw new ShakedownError({ message: 'a report comes on a stream of which nobody knows' });
      const sink = await open(name);
      return pipeline(stream, sink).then(
        () => [],
        (error: unknown) => [`${name}: ${asShakedownError(error).message}`],
      );
    };
    const limit = { what: 'collecting the reports of the node', seconds: timeout, signal };
    try {
      return await withTimeLimit(limit, async (stop) => {
        const request = { ...params, streams: [...byId.keys()] };
        const { reports, problems } = await this.call('reports', request, { signal: stop });
        const fetched = await Promise.all(reports.map(fetch));
        return [...problems, ...fetched.flat()];
      });
    } finally {
      for (const stream of streams) stream.destroy();
    }
  }

  onServiceDied(listener: (died: ServiceDied) => void): void {
    this.#diedListeners.push(listener);
    for (const died of this.#died) listener(died);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#connection.dispose();
  }
}

/** All of a stream; throws ShakedownError when it has more bytes than were asked for. */
async function atMost(maxBytes: number, stream: AsyncIterable<Buffer>, path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ShakedownError({ message: `'${path}' has more than ${maxBytes} bytes` });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const unknownInfo: AgentInfo = {
  version: '',
  pid: 0,
  hostname: '',
  os: { id: '', version: '', codename: '' },
  arch: '',
  kernel: '',
  systemd: false,
  shell: 'sh',
  clockMs: 0,
  boot: '',
};
