import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { asShakedownError, InterruptedError, ShakedownError, TimeLimitError } from '../../common/errors.ts';
import {
  type AgentInfo,
  type AgentMethods,
  type AgentNotifications,
  aliveEvery,
  type NodeReport,
  type ServiceDied,
} from '../../common/protocol.ts';
import type { Command, Downloaded, Remote, RemoteProcess } from '../remotes/remote.ts';
import type { Agent, AgentListener, CallOptions, ReportsParams } from './agent.ts';
import { endOfAgent, failureOnNode } from './agent-failures.ts';
import { checkAnswer, UnexpectedWordsError } from './check-words.ts';
import { checkedReader } from './checked-reader.ts';
import type { RunningTask, SpawnOptions, TaskOptions, TaskResult } from './task.ts';

/** Seconds that an agent has to stop all it started when it is dismissed. */
const endWithin = 30;

/** Deaths of services that are kept for listeners that come later. */
const mostDeaths = 100;

/** An agent at the other end of a process's streams, which speaks JSON-RPC (vscode-jsonrpc). Its `info` is to be asked for. */
export class RpcAgent implements Agent {
  info: AgentInfo = unknownInfo;
  readonly #remote: Remote;
  readonly #child: RemoteProcess;
  readonly #connection: MessageConnection;
  readonly #alive: NodeJS.Timeout;
  readonly #stderr: string[] = [];
  readonly #died: ServiceDied[] = [];
  readonly #diedListeners: ((died: ServiceDied) => void)[] = [];
  readonly #ended = new AbortController();
  #disposed: Promise<void> | undefined;

  constructor(remote: Remote, child: RemoteProcess, listener: AgentListener) {
    this.#remote = remote;
    this.#child = child;
    this.#connection = createMessageConnection(
      checkedReader(new StreamMessageReader(child.stdout), (error) => this.#break(error)),
      new StreamMessageWriter(child.stdin),
    );
    this.#connection.onError(() => {});
    child.stdin.on('error', () => {});
    child.stderr.on('data', (chunk: Buffer) => this.#keepStderr(chunk.toString('utf8')));
    this.#on('log', ({ message }) => listener.log(message));
    this.#on('progress', ({ message }) => listener.progress(message));
    this.#on('serviceDied', (died) => {
      if (this.#died.length < mostDeaths) this.#died.push(died);
      for (const tell of this.#diedListeners) tell(died);
    });
    this.#connection.listen();
    this.#alive = setInterval(() => void this.#sayAlive(), aliveEvery * 1000);
    this.#alive.unref();
    child.ended.then(
      (end) => this.#end(end),
      () => this.#end({ exitCode: null, signal: null }),
    );
  }

  async call<M extends keyof AgentMethods>(
    method: M,
    params: AgentMethods[M]['params'],
    options: CallOptions = {},
  ): Promise<AgentMethods[M]['result']> {
    const { signal, timeout } = options;
    signal?.throwIfAborted();
    if (this.#ended.signal.aborted) throw this.#ended.signal.reason;
    const cancel = new CancellationTokenSource();
    const late = new AbortController();
    const timer = timeout === undefined ? undefined : setTimeout(() => late.abort(), timeout * 1000);
    const given = AbortSignal.any([this.#ended.signal, late.signal, ...(signal ? [signal] : [])]);
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    const stop = () => {
      // With nobody left to tell, the library would complain.
      if (!this.#ended.signal.aborted) cancel.cancel();
      reject(this.#whyStopped(method, timeout, signal, late.signal));
    };
    given.addEventListener('abort', stop);
    try {
      const answer = this.#connection.sendRequest<unknown>(method, params, cancel.token);
      answer.catch(() => {});
      return checkAnswer(method, await Promise.race([answer, stopped]));
    } catch (error) {
      throw given.aborted || error instanceof UnexpectedWordsError
        ? error
        : await this.#inWords(error, method);
    } finally {
      clearTimeout(timer);
      given.removeEventListener('abort', stop);
      cancel.dispose();
    }
  }

  async exec(command: Command, options: TaskOptions = {}): Promise<TaskResult> {
    return { ...(await this.#remote.exec(asUser(command, options.user), withRights(options))), left: [] };
  }

  async spawn(command: Command, options: SpawnOptions = {}): Promise<RunningTask> {
    const child = await this.#remote.spawn(asUser(command, options.user), withRights(options));
    return { ...child, ended: child.ended.then((end) => ({ ...end, left: [] })) };
  }

  async readFile(
    path: string,
    { maxBytes = 16 * 1024 ** 2, ...options }: CallOptions & { readonly maxBytes?: number } = {},
  ): Promise<Buffer> {
    const chunks: Buffer[] = [];
    const onStdout = (chunk: Buffer) => void chunks.push(chunk);
    const command = ['head', '-c', String(maxBytes + 1), '--', path];
    const { exitCode, stderr } = await this.exec(command, { ...options, root: true, onStdout });
    const bytes = Buffer.concat(chunks);
    const why = exitCode === 0 ? `it has more than ${maxBytes} bytes` : stderr.trim().split(': ').at(-1);
    if (exitCode !== 0 || bytes.length > maxBytes)
      throw new ShakedownError({ message: `cannot read '${path}': ${why}` });
    return bytes;
  }

  upload(...args: Parameters<Agent['upload']>): Promise<void> {
    return this.#remote.upload(...args);
  }

  uploadFile(...args: Parameters<Agent['uploadFile']>): Promise<void> {
    return this.#remote.uploadFile(...args);
  }

  download(...args: Parameters<Agent['download']>): Promise<Downloaded> {
    return this.#remote.download(...args);
  }

  async reports(
    params: ReportsParams,
    open: (name: string) => Writable | Promise<Writable>,
    options: CallOptions = {},
  ): Promise<readonly string[]> {
    const reports = await this.call('reports', params, options);
    const fetch = async ({ name, command }: NodeReport): Promise<string[]> => {
      try {
        const stdoutTo = await open(name);
        await this.exec(command, { ...options, root: true, stdoutTo });
        await new Promise<void>((resolve) => stdoutTo.end(resolve));
        return [];
      } catch (error) {
        return [`${name}: ${asShakedownError(error).message}`];
      }
    };
    return (await Promise.all(reports.map(fetch))).flat();
  }

  onServiceDied(listener: (died: ServiceDied) => void): void {
    this.#diedListeners.push(listener);
    for (const died of this.#died) listener(died);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    clearInterval(this.#alive);
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill(), endWithin * 1000);
    await this.#child.ended.catch(() => {});
    clearTimeout(timer);
    this.#connection.dispose();
  }

  #on<N extends keyof AgentNotifications>(name: N, handler: (params: AgentNotifications[N]) => void): void {
    this.#connection.onNotification(name, handler);
  }

  #end(end: { readonly exitCode: number | null; readonly signal: string | null }): void {
    clearInterval(this.#alive);
    this.#ended.abort(endOfAgent(this.#remote, end, this.#stderr, this.#disposed !== undefined));
  }

  /** Nothing more is asked of an agent that says what no agent says. */
  #break(error: Error): void {
    this.#ended.abort(error);
    this.#child.kill();
  }

  #whyStopped(method: string, timeout = 0, signal: AbortSignal | undefined, late: AbortSignal): unknown {
    if (this.#ended.signal.aborted) return this.#ended.signal.reason;
    if (late.aborted) return new TimeLimitError(`'${method}' on the node`, timeout);
    // An AbortError stays one: it is that of a run which a failure elsewhere broke off, and no interrupt.
    return signal?.reason ?? new InterruptedError();
  }

  /** A failure of the node as an error of ours; one of the connection once it is known why it broke. */
  async #inWords(error: unknown, method: string): Promise<unknown> {
    const failure = failureOnNode(error);
    if (failure) return failure;
    const { signal } = this.#ended;
    // A broken pipe is noticed before the process is known to have ended.
    for (let tries = 0; tries < 25 && !signal.aborted; tries += 1) await sleep(20);
    return signal.aborted ? signal.reason : asShakedownError(error, { command: method });
  }

  async #sayAlive(): Promise<void> {
    try {
      await this.#connection.sendNotification('alive', {});
    } catch {
      // The end of the process tells why.
    }
  }

  #keepStderr(text: string): void {
    this.#stderr.push(
      ...text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(-50),
    );
    this.#stderr.splice(0, this.#stderr.length - 50);
  }
}

const withRights = <T extends { readonly root?: boolean; readonly user?: string }>(options: T): T =>
  options.user === undefined ? options : { ...options, root: true };

const asUser = (command: Command, user: string | undefined): Command =>
  user === undefined || user === 'root'
    ? command
    : ['runuser', '-u', user, '--', ...(typeof command === 'string' ? ['sh', '-c', command] : command)];

const unknownInfo: AgentInfo = {
  version: '',
  pid: 0,
  hostname: '',
  os: { id: '', version: '', codename: '' },
  arch: '',
  kernel: '',
  systemd: false,
  clockMs: 0,
};
