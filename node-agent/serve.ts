import type { Readable, Writable } from 'node:stream';
import {
  type CancellationToken,
  createMessageConnection,
  type GenericRequestHandler,
  type MessageConnection,
  ResponseError,
} from 'vscode-jsonrpc/node';
import type { AgentNotifications } from '../common/protocol/notifications.ts';
import { type AgentFailureData, type AgentMethods, failureCode, maxMessage } from '../common/protocol.ts';
import { openChannel } from '../common/streams/json-messages.ts';
import type { Streams } from '../common/streams/streams.ts';
import { failureOf } from './failure.ts';

/** One method: `signal` is aborted when the caller cancels or the agent is to end. */
export type Method<M extends keyof AgentMethods> = (
  params: AgentMethods[M]['params'],
  signal: AbortSignal,
) => Promise<AgentMethods[M]['result']>;

export type Methods = { readonly [M in keyof AgentMethods]: Method<M> };

/** Tells the main host something unasked; what cannot be told any more is dropped. */
export type Notify = <N extends keyof AgentNotifications>(name: N, params: AgentNotifications[N]) => void;

/** The agent's end of the connection, over its stdin and stdout. Nothing is answered before `listen`. */
export class AgentConnection {
  readonly streams: Streams;
  readonly #connection: MessageConnection;
  readonly #end: AbortSignal;
  readonly #underway = new Set<Promise<unknown>>();

  /**
   * `end` aborts every call under way; `closed` is called when the input ends or is no longer to be
   * understood.
   */
  constructor(input: Readable, output: Writable, end: AbortSignal, closed: () => void) {
    const { streams, reader, writer } = openChannel(input, output, {
      begins: false,
      maxMessage,
      onEnd: closed,
    });
    this.streams = streams;
    this.#connection = createMessageConnection(reader, writer);
    this.#connection.onError(() => {});
    this.#end = end;
  }

  readonly notify: Notify = (name, params) => {
    const dropped = () => {};
    try {
      this.#connection.sendNotification(name, params).catch(dropped);
    } catch {
      dropped();
    }
  };

  /** Serves until the input ends. `heard` is called for every sign of life of the main host. */
  listen(methods: Methods, heard: () => void): void {
    for (const name of Object.keys(methods) as (keyof AgentMethods)[]) this.#serve(name, methods, heard);
    this.#connection.onNotification('alive', () => {
      heard();
      this.notify('alive', {});
    });
    this.#connection.listen();
  }

  /** Resolves when no call is under way any more. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#underway);
  }

  #serve<M extends keyof AgentMethods>(name: M, methods: Methods, heard: () => void): void {
    const answer = async (params: AgentMethods[M]['params'], token: CancellationToken) => {
      heard();
      const cancelled = new AbortController();
      token.onCancellationRequested(() => cancelled.abort());
      const call = methods[name](params, AbortSignal.any([cancelled.signal, this.#end]));
      this.#underway.add(call);
      try {
        return await call;
      } catch (error) {
        const failure = failureOf(error);
        return new ResponseError(failureCode, failure.message, failure);
      } finally {
        this.#underway.delete(call);
      }
    };
    this.#connection.onRequest(
      name,
      answer as GenericRequestHandler<AgentMethods[M]['result'], AgentFailureData>,
    );
  }
}
