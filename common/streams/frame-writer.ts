import type { Writable } from 'node:stream';
import type { OutgoingStream } from './outgoing-stream.ts';

/**
 * Bytes that may wait in the pipe: enough for it to write many frames at once, too few for a message to wait
 * long.
 */
const ahead = 128 * 1024;

/** Puts frames on a pipe as it takes them: what is urgent first, then a frame of each stream by turns. */
export class FrameWriter {
  readonly #output: Writable;
  readonly #urgent: Buffer[] = [];
  readonly #ready = new Set<OutgoingStream>();
  #blocked = false;
  #closed = false;

  constructor(output: Writable) {
    this.#output = output;
    output.on('drain', () => {
      this.#blocked = false;
      this.#write();
    });
  }

  /** Goes ahead of what streams have to send, after what was sent here before. */
  send(frame: Buffer): void {
    this.#urgent.push(frame);
    this.#write();
  }

  /** There may be something to take from `stream`. */
  ready(stream: OutgoingStream): void {
    this.#ready.add(stream);
    this.#write();
  }

  /** Writes nothing from now on. */
  close(): void {
    this.#closed = true;
    this.#urgent.length = 0;
    this.#ready.clear();
  }

  #write(): void {
    this.#together();
    while (!this.#blocked && !this.#closed) {
      const frame = this.#urgent.shift() ?? this.#nextOfStreams();
      if (!frame) return;
      this.#blocked = !this.#output.write(frame) && this.#output.writableLength >= ahead;
    }
  }

  /**
   * What is sent in one go is written in one go: each write wakes whoever reads, and who carries it there.
   */
  #together(): void {
    if (this.#blocked || this.#closed || this.#output.writableCorked > 0) return;
    this.#output.cork();
    process.nextTick(() => this.#output.uncork());
  }

  /** Whoever was served goes to the end of the row. */
  #nextOfStreams(): Buffer | undefined {
    for (const stream of this.#ready) {
      this.#ready.delete(stream);
      const frame = stream.next();
      if (!frame) continue;
      this.#ready.add(stream);
      return frame;
    }
    return undefined;
  }
}
