import type { Readable, Writable } from 'node:stream';
import { ShakedownError } from '../errors.ts';
import { FrameWriter } from './frame-writer.ts';
import { BrokenProtocolError, type FrameKind, FrameReader, frame, kind, maxPayload } from './frames.ts';
import { IncomingStream } from './incoming-stream.ts';
import { MessageQueue } from './message-queue.ts';
import { OutgoingStream, type Outlet } from './outgoing-stream.ts';

/** Streams that may be open at once. */
export const maxStreams = 1024;

export interface StreamsOptions {
  /**
   * Whether this side begins streams (and gives them their ids) or takes those that the other side begins.
   */
  readonly begins: boolean;
  /** Bytes of one message that is taken in. */
  readonly maxMessage: number;
  readonly onMessage: (message: Buffer) => void;
  /** Called once: with an error when the connection broke or the other side does not keep to the protocol. */
  readonly onEnd: (error?: Error) => void;
}

/**
 * Messages and any number of streams over one pair of pipes. Messages go ahead of all else; streams take
 * turns, each with a window of credit, so that what one reader leaves lying holds up nobody else. A stream
 * has one direction.
 */
export class Streams {
  readonly #writer: FrameWriter;
  readonly #options: StreamsOptions;
  readonly #messages: MessageQueue;
  readonly #incoming = new Map<number, IncomingStream>();
  readonly #outgoing = new Map<number, OutgoingStream>();
  /** Streams that the other side began to write, until somebody here reads them. */
  readonly #offered = new Map<number, IncomingStream>();
  #lastId = 0;
  #over = false;

  constructor(input: Readable, output: Writable, options: StreamsOptions) {
    this.#writer = new FrameWriter(output);
    this.#options = options;
    this.#messages = new MessageQueue(input, options.maxMessage, (message) =>
      this.#orFail(() => options.onMessage(message)),
    );
    const frames = new FrameReader({
      onData: (id, bytes) => this.#reading(id).receive(bytes),
      onFrame: (what, id, payload) => this.#onFrame(what, id, payload),
    });
    input.on('data', (bytes: Buffer) => this.#orFail(() => frames.push(bytes)));
    const end = () => this.#messages.whenEmpty(() => this.fail());
    input.on('end', end).on('close', end);
    input.on('error', (error) => this.fail(error));
    output.on('error', (error) => this.fail(error));
  }

  /** Whether the connection has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** Sends a message ahead of all that waits. */
  send(message: Buffer): void {
    for (let rest = message; ; rest = rest.subarray(maxPayload)) {
      const last = rest.length <= maxPayload;
      this.#writer.send(frame(last ? kind.message : kind.part, 0, rest.subarray(0, maxPayload)));
      if (last) return;
    }
  }

  /**
   * The reading end of a stream: a new one, or that of the other side's stream `id`. Throws ShakedownError
   * when there is none, or when too many are open.
   */
  read(id?: number): IncomingStream {
    if (id === undefined) return this.#addIncoming(this.#begin(kind.read));
    const stream = this.#offered.get(id) ?? missing(id);
    this.#offered.delete(id);
    return stream;
  }

  /** The same for the writing end. */
  write(id?: number): OutgoingStream {
    if (id === undefined) return this.#addOutgoing(this.#begin(kind.write));
    return this.#outgoing.get(id) ?? missing(id);
  }

  /** Ends all streams, with `error` where there is one. Does not end the pipes. */
  fail(error?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#messages.close();
    this.#writer.close();
    const why = error ?? gone();
    for (const stream of [...this.#incoming.values(), ...this.#outgoing.values()]) stream.destroy(why);
    this.#options.onEnd(error);
  }

  readonly #outlet: Outlet = {
    send: (bytes) => this.#writer.send(bytes),
    ready: (stream) => this.#writer.ready(stream),
    over: ({ id }) => this.#outgoing.delete(id),
  };

  #begin(what: typeof kind.read | typeof kind.write): number {
    if (this.#over) throw gone();
    if (this.#open >= maxStreams) throw new ShakedownError({ message: tooMany });
    this.#lastId += 1;
    this.#writer.send(frame(what, this.#lastId));
    return this.#lastId;
  }

  get #open(): number {
    return this.#incoming.size + this.#outgoing.size + this.#offered.size;
  }

  #addIncoming(id: number): IncomingStream {
    const stream = new IncomingStream(id, (bytes) => this.#writer.send(bytes));
    this.#incoming.set(id, stream);
    return stream;
  }

  #addOutgoing(id: number): OutgoingStream {
    const stream = new OutgoingStream(id, this.#outlet);
    this.#outgoing.set(id, stream);
    return stream;
  }

  #onFrame(what: Exclude<FrameKind, 3>, id: number, payload: Buffer): void {
    if (what === kind.part || what === kind.message) this.#messages.add(payload, what === kind.message);
    else if (what === kind.read || what === kind.write) this.#take(what, id);
    else if (what === kind.end || what === kind.reset) this.#finish(id, what, payload);
    // One that has ended here may still be spoken of there.
    else if (what === kind.credit) this.#outgoing.get(id)?.allow(payload.readUInt32BE());
    else this.#outgoing.get(id)?.stop();
  }

  /** The other side begins a stream. */
  #take(what: typeof kind.read | typeof kind.write, id: number): void {
    if (this.#options.begins || id <= this.#lastId) throw new BrokenProtocolError(`stream ${id} is begun`);
    if (this.#open >= maxStreams) throw new BrokenProtocolError(tooMany);
    this.#lastId = id;
    if (what === kind.read) this.#addOutgoing(id);
    else this.#offered.set(id, this.#addIncoming(id));
  }

  #finish(id: number, what: FrameKind, payload: Buffer): void {
    const stream = this.#reading(id);
    this.#incoming.delete(id);
    if (what === kind.reset) this.#offered.delete(id);
    stream.finish(what === kind.reset ? new ShakedownError({ message: payload.toString() }) : undefined);
  }

  #reading(id: number): IncomingStream {
    const stream = this.#incoming.get(id);
    if (!stream) throw new BrokenProtocolError(`nobody reads stream ${id}`);
    return stream;
  }

  #orFail(action: () => void): void {
    if (this.#over) return;
    try {
      action();
    } catch (error) {
      this.fail(error as Error);
    }
  }
}

const tooMany = `more than ${maxStreams} streams are open on one connection`;

const gone = (): ShakedownError => new ShakedownError({ message: 'the connection has ended' });

function missing(id: number): never {
  throw new ShakedownError({ message: `there is no stream ${id}, or it was broken off` });
}
