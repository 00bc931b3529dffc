import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { Deadman } from '../../common/deadman.ts';
import { asShakedownError, InterruptedError, ShakedownError } from '../../common/errors.ts';
import {
  type AgentMethods,
  type AgentNotifications,
  aliveEvery,
  aliveWithin,
  maxAnswer,
} from '../../common/protocol.ts';
import { openChannel } from '../../common/streams/json-messages.ts';
import type { Streams } from '../../common/streams/streams.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import type { Remote, RemoteProcess } from '../remotes/remote.ts';
import type { CallOptions } from './agent.ts';
import { endOfAgent, failureOnNode } from './agent-failures.ts';
import { checkAnswer } from './check-words.ts';
import { checkedReader } from './checked-reader.ts';
import { methodLimits } from './method-limits.ts';

/** Seconds that an agent has to stop all it started when it is dismissed. */
const endWithin = 30;

/** The main host's end of what is spoken with an agent, at the other end of a process's pipes. */
export class RpcConnection {
  /** See `open`. */
  readonly streams: Streams;
  readonly #remote: Remote;
  readonly #child: RemoteProcess;
  readonly #messages: MessageConnection;
  readonly #alive: NodeJS.Timeout;
  readonly #stderr: string[] = [];
  readonly #ended = new AbortController();
  #broken: Error | undefined;
  #disposed: Promise<void> | undefined;

  constructor(remote: Remote, child: RemoteProcess) {
    this.#remote = remote;
    this.#child = child;
    const { streams, reader, writer } = openChannel(child.stdout, child.stdin, {
      begins: true,
      maxMessage: maxAnswer,
      onEnd: (error) => this.#closed(error),
    });
    this.streams = streams;
    const checked = checkedReader(reader, (error) => this.#break(error));
    this.#messages = createMessageConnection(checked, writer);
    this.#messages.onError(() => {});
    child.stderr.on('data', (chunk: Buffer) => this.#keepStderr(chunk.toString('utf8')));
    const deadman = new Deadman(aliveWithin, () => this.#break(silent()));
    child.stdout.on('data', () => deadman.heard());
    this.#alive = setInterval(() => this.#sayAlive(), aliveEvery * 1000);
    this.#alive.unref();
    child.ended
      .catch(() => ({ exitCode: null, signal: null }))
      .then((end) => {
        deadman.rest();
        this.#end(end);
      });
  }

  /** Begins to hear what the agent tells; the handlers of notifications stand by then. */
  listen(): void {
    this.#messages.listen();
  }

  on<N extends keyof AgentNotifications>(name: N, handler: (params: AgentNotifications[N]) => void): void {
    this.#messages.onNotification(name, handler);
  }

  /** The streams, or why there are none any more. */
  async open(): Promise<Streams> {
    if (this.streams.over) throw await this.inWords(new Error('the connection has ended'), 'the agent');
    return this.streams;
  }

  /** See Agent.call. */
  async call<M extends keyof AgentMethods>(
    method: M,
    params: AgentMethods[M]['params'],
    { signal, timeout = methodLimits[method] }: CallOptions = {},
  ): Promise<AgentMethods[M]['result']> {
    signal?.throwIfAborted();
    const ended = this.#ended.signal;
    ended.throwIfAborted();
    const either = signal ? AbortSignal.any([ended, signal]) : ended;
    const limit = { what: `'${method}' on the node`, seconds: timeout, signal: either };
    try {
      const answer = await withTimeLimit(limit, (stop) => this.#ask(method, params, stop));
      return checkAnswer(method, answer);
    } catch (error) {
      if (ended.aborted) throw ended.reason;
      if (signal?.aborted) throw signal.reason ?? new InterruptedError();
      throw await this.inWords(error, method);
    }
  }

  /** A failure of the node as an error of ours; one of the connection once it is known why it broke. */
  async inWords(error: unknown, what: string): Promise<unknown> {
    const failure = failureOnNode(error);
    if (failure) return failure;
    const { signal } = this.#ended;
    if (error instanceof ShakedownError && !this.streams.over) return error;
    // A broken pipe is noticed before the process is known to have ended.
    for (let tries = 0; tries < 25 && !signal.aborted; tries += 1) await sleep(20);
    return signal.aborted ? signal.reason : asShakedownError(error, { command: what });
  }

  /** Dismisses the agent; resolves when it has ended, or is made to after half a minute. */
  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #ask<M extends keyof AgentMethods>(
    method: M,
    params: AgentMethods[M]['params'],
    stop: AbortSignal,
  ): Promise<unknown> {
    const cancel = new CancellationTokenSource();
    // With nobody left to tell, the library would complain.
    const tell = () => !this.streams.over && cancel.cancel();
    stop.addEventListener('abort', tell, { once: true });
    try {
      return await this.#messages.sendRequest<unknown>(method, params, cancel.token);
    } finally {
      stop.removeEventListener('abort', tell);
      cancel.dispose();
    }
  }

  async #dispose(): Promise<void> {
    clearInterval(this.#alive);
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill(), endWithin * 1000);
    await this.#child.ended.catch(() => {});
    clearTimeout(timer);
    this.#messages.dispose();
  }

  #end(end: { readonly exitCode: number | null; readonly signal: string | null }): void {
    clearInterval(this.#alive);
    const why = endOfAgent(this.#remote, end, this.#stderr, this.#disposed !== undefined);
    this.#ended.abort(this.#broken ?? why);
    this.streams.fail(this.#ended.signal.reason);
  }

  /** The pipes are closed, or what comes is no longer to be understood. */
  #closed(error: Error | undefined): void {
    if (error instanceof ShakedownError && !this.#ended.signal.aborted) this.#break(error);
  }

  /** Nothing more is asked of an agent that does not keep to what was agreed. */
  #break(error: Error): void {
    if (this.#ended.signal.aborted) return;
    this.#broken = error;
    this.#ended.abort(error);
    this.streams.fail(error);
    this.#child.kill();
  }

  #sayAlive(): void {
    // The end of the process tells why it cannot be said.
    this.#messages.sendNotification('alive', {}).catch(() => undefined);
  }

  #keepStderr(text: string): void {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    this.#stderr.push(...lines.slice(-50));
    this.#stderr.splice(0, this.#stderr.length - 50);
  }
}

const silent = (): ShakedownError =>
  new ShakedownError({
    message: `the agent on the node has said nothing for ${aliveWithin} s`,
    hint: 'look at the node (`dmesg`, load, a disk that hangs)',
  });
