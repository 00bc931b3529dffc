import { Socket } from 'node:net';
import type { OutgoingStream } from '../../common/streams/outgoing-stream.ts';
import { unwound } from '../../common/unwound.ts';

/** ms without a byte, after which nothing more is expected of processes that only keep a pipe open. */
const quiet = 50;
/** Bytes: more than a pipe holds, so what was written before the end is among them (pipe(7)). */
const lastBytes = 1024 * 1024;

/** One output of a task on its way to the main host. */
export class TaskOutput {
  readonly #source: Socket;
  readonly #sink: OutgoingStream;
  readonly #closed = Promise.withResolvers<void>();
  #heard = 0;
  #bytes = 0;

  /** `near`: our end of the pipe. `copy` sees all that passes. */
  constructor(near: number, sink: OutgoingStream, copy?: (chunk: Buffer) => void) {
    this.#source = new Socket({ fd: near, readable: true, writable: false });
    this.#sink = sink;
    this.#source.on('data', (chunk: Buffer) => {
      this.#heard = performance.now();
      this.#bytes += chunk.length;
      copy?.(chunk);
      if (!sink.write(chunk) && !sink.destroyed) this.#source.pause();
    });
    this.#source.on('error', () => undefined).on('close', () => this.#closed.resolve());
    sink.on('drain', () => this.#source.resume());
    // Nobody reads it: the task's next word meets a broken pipe.
    sink.on('close', () => !sink.writableFinished && this.#source.destroy());
  }

  /**
   * Once the task's first process has ended: resolves when all that was written until then is on its way.
   * What processes that live on write later is read and dropped, so that it holds them up no more than it
   * ends them.
   */
  async finish(): Promise<void> {
    const end = this.#bytes + lastBytes;
    this.#heard = performance.now();
    while (!this.#source.destroyed && this.#bytes < end) {
      const silent = performance.now() - this.#heard;
      if (silent > quiet && !this.#source.isPaused()) break;
      await unwound(this.#closed.promise, 0.01);
    }
    this.#source.removeAllListeners('data').resume();
    this.#sink.end();
  }
}
