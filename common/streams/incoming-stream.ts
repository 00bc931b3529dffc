import { Readable } from 'node:stream';
import { BrokenProtocolError, creditFrame, frame, kind } from './frames.ts';

/** Bytes that a writer may send ahead of what its reader has taken. */
export const window = 1024 * 1024;
/** Views smaller than this are copied: each would keep alive the whole of what was read with it. */
const copyBelow = 4 * 1024;
/** More pieces than these that wait are made one. */
const maxPieces = 256;

/** The reading end of a stream. Destroying it tells the writer to stop. */
export class IncomingStream extends Readable {
  readonly id: number;
  readonly #send: (frame: Buffer) => void;
  /** Bytes that may still come. */
  #allowance = window;
  /** Bytes taken by the reader and not yet told. */
  #owed = 0;
  #waiting: Buffer[] = [];
  #wanted = false;
  #over = false;

  constructor(id: number, send: (frame: Buffer) => void) {
    super({ highWaterMark: 64 * 1024 });
    this.id = id;
    this.#send = send;
    // What fails is told to whoever reads; that nobody does must not end the process.
    this.on('error', () => undefined);
  }

  /** Bytes from the writer. Throws BrokenProtocolError when they are more than it was allowed. */
  receive(bytes: Buffer): void {
    this.#allowance -= bytes.length;
    if (this.#allowance < 0) throw new BrokenProtocolError(`stream ${this.id} goes past its credit`);
    if (this.destroyed) return;
    this.#waiting.push(bytes.length < copyBelow ? Buffer.from(bytes) : bytes);
    if (this.#waiting.length > maxPieces) this.#waiting = [Buffer.concat(this.#waiting)];
    this.#hand();
  }

  /** The writer has sent all; or broken off, with `error`. */
  finish(error?: Error): void {
    this.#over = true;
    if (error) this.destroy(error);
    else this.#hand();
  }

  override _read(): void {
    this.#wanted = true;
    this.#hand();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#waiting = [];
    if (!this.#over) this.#send(frame(kind.stop, this.id));
    done(error);
  }

  #hand(): void {
    while (this.#wanted) {
      const bytes = this.#waiting.shift();
      if (!bytes) break;
      this.#wanted = this.push(bytes);
      this.#owed += bytes.length;
    }
    if (this.#over && this.#waiting.length === 0 && !this.readableEnded) {
      if (!this.destroyed) this.push(null);
    } else if (this.#owed >= window / 4) this.#grant();
  }

  #grant(): void {
    const bytes = this.#owed;
    this.#owed = 0;
    // First, for the answer may come before `send` returns.
    this.#allowance += bytes;
    this.#send(creditFrame(this.id, bytes));
  }
}
