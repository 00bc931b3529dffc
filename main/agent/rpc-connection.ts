import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { asShakedownError, InterruptedError, ShakedownError } from '../../common/errors.ts';
import type { AgentNotifications } from '../../common/protocol/notifications.ts';
import { type AgentMethods, maxAnswer } from '../../common/protocol.ts';
import { openChannel } from '../../common/streams/json-messages.ts';
import type { Streams } from '../../common/streams/streams.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import { unwound } from '../../common/unwound.ts';
import type { Remote, RemoteProcess } from '../remotes/remote.ts';
import type { CallOptions } from './agent.ts';
import { answered, endOfAgent, failureBefore, failureOnNode } from './agent-failures.ts';
import { checkAnswer } from './answers/check-words.ts';
import { checkedReader } from './answers/checked-reader.ts';
import { methodLimits } from './answers/method-limits.ts';
import { SignsOfLife } from './signs-of-life.ts';

/**
 * Seconds that an agent has to stop all it started when it is dismissed, and
 * that the node has to end it then.
 */
const endWithin = 30;
const killWithin = 5;

/** Seconds for an agent that is dismissed to say that it hears at all. */
const answerWithin = 10;

/** The main host's end of what is spoken with an agent, at the other end of a process's pipes. */
export class RpcConnection {
  /** See `open`. */
  readonly streams: Streams;
  readonly #remote: Pick<Remote, 'address' | 'lost'>;
  readonly #child: RemoteProcess;
  readonly #messages: MessageConnection;
  readonly #life: SignsOfLife;
  readonly #stderr: string[] = [];
  readonly #ended = new AbortController();
  #broken: Error | undefined;
  #disposed: Promise<void> | undefined;

  constructor(remote: Pick<Remote, 'address' | 'lost'>, child: RemoteProcess) {
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
    const sayAlive = () => this.#sayAlive();
    this.#life = new SignsOfLife(child.stdout, sayAlive, (why) => this.#break(why));
    child.ended
      .catch(() => ({ exitCode: null, signal: null }))
      .then((end) => {
        this.#life.rest();
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

  /** See Agent.ended. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** See Agent.mustAnswer. */
  mustAnswer(seconds: number): Promise<void> {
    return this.#life.insist(seconds, this.ended);
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
    const limit = { what: `'${method}' on the node`, seconds: timeout, signal: [ended, signal] };
    let asked: Promise<unknown> | undefined;
    try {
      const answer = await withTimeLimit(limit, (stop) => {
        asked = this.#ask(method, params, stop);
        return asked;
      });
      return checkAnswer(method, answer);
    } catch (error) {
      if (ended.aborted) throw ended.reason;
      if (signal?.aborted) {
        if (method === 'task') await answered(asked, ended);
        const before = method === 'startService' ? await failureBefore(asked) : undefined;
        throw before ?? signal.reason ?? new InterruptedError();
      }
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
    // One that hears nothing does not heed the end of its stdin, either.
    await this.mustAnswer(answerWithin);
    this.#life.rest();
    this.#child.stdin.end();
    const seconds = this.ended.aborted ? killWithin : endWithin;
    if (!(await unwound(this.#child.ended, seconds))) {
      this.#child.kill();
      await unwound(this.#child.ended, killWithin);
    }
    this.#messages.dispose();
  }

  #end(end: { readonly exitCode: number | null; readonly signal: string | null }): void {
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
    // The library throws where nobody is left to hear it.
    if (this.streams.over) return;
    // The end of the process tells why it cannot be said.
    this.#messages.sendNotification('alive', {}).catch(() => undefined);
  }

  #keepStderr(text: string): void {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    this.#stderr.push(...lines.slice(-50));
    this.#stderr.splice(0, this.#stderr.length - 50);
  }
}
