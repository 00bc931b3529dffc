import { Writable } from 'node:stream';
import { BrokenProtocolError, frame, kind, maxPayload, resetFrame } from './frames.ts';
import { window } from './incoming-stream.ts';

/** What a writing end needs of the connection. */
export interface Outlet {
  send(frame: Buffer): void;
  /** There is something to take from it. */
  ready(stream: OutgoingStream): void;
  /** It sends nothing any more. */
  over(stream: OutgoingStream): void;
}

type Done = (error?: Error | null) => void;

/** The writing end of a stream. It waits for credit; a reader that wants no more ends it with EPIPE. */
export class OutgoingStream extends Writable {
  readonly id: number;
  readonly #outlet: Outlet;
  #credit = window;
  #chunk: Buffer | undefined;
  #done: Done = () => undefined;
  #over = false;

  constructor(id: number, outlet: Outlet) {
    super({ highWaterMark: 256 * 1024 });
    this.id = id;
    this.#outlet = outlet;
    // As for the reading end.
    this.on('error', () => undefined);
  }

  /** The next frame, or undefined when there is nothing to send or no credit. */
  next(): Buffer | undefined {
    const chunk = this.#chunk;
    if (!chunk || this.#credit === 0 || this.#over) return undefined;
    const bytes = chunk.subarray(0, Math.min(this.#credit, maxPayload));
    this.#credit -= bytes.length;
    const whole = bytes.length === chunk.length;
    this.#chunk = whole ? undefined : chunk.subarray(bytes.length);
    // Not at once: it may bring the next chunk, and whoever asks is in the middle of sending.
    if (whole) queueMicrotask(this.#done);
    return frame(kind.data, this.id, bytes);
  }

  /** The reader allows so many bytes more. Throws BrokenProtocolError when that is more than can be. */
  allow(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit > window)
      throw new BrokenProtocolError(`stream ${this.id} gets ${bytes} bytes too much`);
    if (this.#chunk) this.#outlet.ready(this);
  }

  /** The reader wants no more. */
  stop(): void {
    this.destroy(Object.assign(new Error('the reader of the stream has gone'), { code: 'EPIPE' }));
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: Done): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
    this.#done = done;
    if (bytes.length === 0) done();
    else this.#chunk = bytes;
    this.#outlet.ready(this);
  }

  override _final(done: Done): void {
    this.#finish(frame(kind.end, this.id));
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#finish(resetFrame(this.id, error?.message ?? 'it was closed'));
    this.#chunk = undefined;
    done(error);
  }

  #finish(last: Buffer): void {
    if (this.#over) return;
    this.#over = true;
    this.#outlet.send(last);
    this.#outlet.over(this);
  }
}
