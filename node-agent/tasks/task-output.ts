import { Socket } from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import type { OutgoingStream } from '../../common/streams/outgoing-stream.ts';
import { unwound } from '../../common/unwound.ts';

/** ms without a byte, after which nothing more is expected of processes that only keep a pipe open. */
const quiet = 50;
/** Bytes: more than a pipe holds, so what was written before the end is among them (pipe(7)). */
const lastBytes = 1024 * 1024;

/**
 * ms for which what comes after a few bytes is left in the pipe, to be read at once: a process that writes
 * little and often costs an agent, and the main host, more by each piece than by what is in it.
 */
const gather = 5;
/** Bytes that are no few: a pipe holds four times as many, so who writes much is not held up. */
const few = 16 * 1024;

/** Where what is read lands, whosoever it is: it is copied before anything else is read. */
const landing = Buffer.allocUnsafe(64 * 1024);

/** One output of a task on its way to the main host. */
export class TaskOutput {
  readonly #source: Socket;
  readonly #sink: OutgoingStream;
  readonly #copy: ((chunk: Buffer) => void) | undefined;
  readonly #closed = Promise.withResolvers<void>();
  #waiting: NodeJS.Timeout | undefined;
  #ending = false;
  #dropping = false;
  #heard = 0;
  #bytes = 0;

  /** `near`: our end of the pipe. `copy` sees all that passes. */
  constructor(near: number, sink: OutgoingStream, copy?: (chunk: Buffer) => void) {
    this.#sink = sink;
    this.#copy = copy;
    const callback = (length: number, buffer: Uint8Array) =>
      this.#take(Buffer.from(buffer.subarray(0, length)));
    const onread = { buffer: landing, callback };
    this.#source = new Socket({ fd: near, readable: true, writable: false, onread });
    this.#source.on('error', () => undefined).on('close', () => this.#closed.resolve());
    sink.on('drain', () => this.#resume());
    // Nobody reads it: the task's next word meets a broken pipe.
    sink.on('close', () => !sink.writableFinished && this.#source.destroy());
  }

  /**
   * Once the task's first process has ended: resolves when all that was written until then is on its way.
   * What processes that live on write later is read and dropped, so that it holds them up no more than it
   * ends them.
   */
  async finish(): Promise<void> {
    this.#ending = true;
    if (this.#waiting) this.#resume();
    const end = this.#bytes + lastBytes;
    this.#heard = performance.now();
    while (!this.#source.destroyed && this.#bytes < end) {
      const silent = performance.now() - this.#heard;
      if (silent > quiet && !this.#source.isPaused()) break;
      await unwound(this.#closed.promise, 0.01);
      // What is there has been read then, however busy the agent was.
      await immediate();
    }
    this.#dropping = true;
    this.#resume();
    this.#sink.end();
  }

  /** Whether more is to be read at once. */
  #take(chunk: Buffer): boolean {
    if (this.#dropping) return true;
    this.#heard = performance.now();
    this.#bytes += chunk.length;
    this.#copy?.(chunk);
    if (!this.#sink.write(chunk) && !this.#sink.destroyed) {
      this.#source.pause();
    } else if (chunk.length < few && !this.#ending) {
      this.#source.pause();
      this.#waiting = setTimeout(() => this.#resume(), gather);
    }
    return !this.#source.isPaused();
  }

  #resume(): void {
    this.#heard = performance.now();
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    this.#source.resume();
  }
}
