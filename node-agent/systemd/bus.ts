import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type BusCall, type BusMessage, decodeMessage, encodeCall, kinds } from './bus-message.ts';
import type { BusValue } from './marshal.ts';

/** The answer to a call that was not done. */
export class BusError extends Error {
  /** As `org.freedesktop.systemd1.NoSuchUnit`. */
  readonly error: string;

  constructor(error: string, message: string) {
    super(message);
    this.error = error;
  }
}

/** That the other end is gone: whether what was asked has been done, nobody knows. */
export class BusLostError extends Error {}

interface Asked {
  readonly resolve: (body: readonly BusValue[]) => void;
  readonly reject: (reason: Error) => void;
}

/**
 * A connection of D-Bus to one peer, without a bus between them: systemd's own socket for root. It keeps the
 * process going while something is asked.
 */
export class Bus {
  readonly #socket: Socket;
  readonly #asked = new Map<number, Asked>();
  readonly #listeners = new Set<(signal: BusMessage) => void>();
  #serial = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #greeted = false;
  /**
   * What is to be sent when we have been greeted: what systemd reads together with the end of the greeting it
   * leaves lying, until more comes.
   */
  #held: Buffer[] = [];
  readonly #lost = new AbortController();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.once('close', () => this.#lose(new BusLostError('systemd has closed the connection')));
    // `close` follows.
    socket.on('error', () => undefined);
    socket.unref();
    // SASL's EXTERNAL: who we are the kernel tells.
    const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
    socket.write(`\0AUTH EXTERNAL ${uid}\r\nBEGIN\r\n`);
  }

  /** Rejects where nobody listens. Whether we are let in shows with the first answer. */
  static async open(path: string): Promise<Bus> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new Bus(socket);
  }

  /** Aborted, with a BusLostError, when the other end is gone. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** What the other end answers. Rejects with BusError when it refuses, with BusLostError when it is gone. */
  call(call: BusCall): Promise<readonly BusValue[]> {
    if (this.lost.aborted) return Promise.reject(this.lost.reason);
    const { promise, resolve, reject } = Promise.withResolvers<readonly BusValue[]>();
    this.#serial += 1;
    this.#asked.set(this.#serial, { resolve, reject });
    // For as long as somebody waits.
    this.#socket.ref();
    const bytes = encodeCall(call, this.#serial);
    if (this.#greeted) this.#send(bytes);
    else this.#held.push(bytes);
    return promise;
  }

  /** Calls that are made in one go travel together. */
  #send(bytes: Buffer): void {
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(bytes);
  }

  /** Tells of all signals until what it gives is disposed of. */
  onSignal(listener: (signal: BusMessage) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  #take(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    try {
      if (!this.#greeted && !this.#takeGreeting()) return;
      for (let next = decodeMessage(this.#bytes); next; next = decodeMessage(this.#bytes)) {
        this.#bytes = this.#bytes.subarray(next.size);
        this.#hand(next.message);
      }
    } catch (error) {
      this.#lose(new BusLostError(`systemd cannot be understood: ${error}`));
      this.#socket.destroy();
    }
  }

  #takeGreeting(): boolean {
    const end = this.#bytes.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.#bytes.toString('latin1', 0, end);
    if (!line.startsWith('OK ')) throw new Error(line);
    this.#bytes = this.#bytes.subarray(end + 2);
    this.#greeted = true;
    for (const bytes of this.#held.splice(0)) this.#send(bytes);
    return true;
  }

  #hand(message: BusMessage): void {
    if (message.kind === kinds.signal) {
      for (const listener of this.#listeners) listener(message);
      return;
    }
    const asked = this.#asked.get(message.answers);
    if (!asked) return;
    // First, for where it cannot be read whoever asked is told by `#lose`.
    const body = message.body();
    this.#asked.delete(message.answers);
    if (this.#asked.size === 0) this.#socket.unref();
    if (message.kind === kinds.answer) asked.resolve(body);
    else asked.reject(new BusError(message.error, String(body[0] ?? message.error)));
  }

  #lose(reason: BusLostError): void {
    this.#lost.abort(reason);
    for (const { reject } of this.#asked.values()) reject(reason);
    this.#asked.clear();
  }
}
