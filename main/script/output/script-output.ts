import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { Writable } from 'node:stream';

export interface OutputOptions {
  /** Gets all of it. */
  readonly file: string;
  /** Gets all of it as it comes, and is waited for; not ended. */
  readonly live: Writable | undefined;
  /** Called once when `live` takes no more: its reader has gone. */
  readonly onGone: () => void;
  /** Bytes of the beginning that are kept; 1 MiB unless told. */
  readonly most?: number;
  /** From then on `live` gets nothing more. */
  readonly stop: AbortSignal;
}

/** Bytes of the end that are kept, to tell why a script failed. */
const tailSize = 4096;

/**
 * One output of a script: to a file, to who looks on, and its beginning and
 * end in memory, however much it is.
 */
export class ScriptOutput extends Writable {
  readonly file: string;
  readonly #options: OutputOptions;
  readonly #most: number;
  readonly #log: WriteStream;
  readonly #head: Buffer[] = [];
  #headSize = 0;
  #tail = Buffer.alloc(0);
  #logFailure: Error | undefined;
  #gone = false;

  constructor(options: OutputOptions) {
    super({ decodeStrings: true });
    this.file = options.file;
    this.#options = options;
    this.#most = options.most ?? 1024 ** 2;
    this.#log = createWriteStream(options.file);
    this.#log.on('error', (error) => {
      this.#logFailure ??= error;
    });
    options.live?.on('error', this.#onGone);
  }

  /** The beginning as text; where it was cut, a character of which only a part is there is left out. */
  get text(): string {
    const cut = this.#headSize >= this.#most;
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(this.#head), { stream: cut });
  }

  /** The last lines, the oldest first. */
  lastLines(count: number): readonly string[] {
    const lines = this.#tail.toString().split(/\r?\n/);
    return lines.filter((line) => line.trim() !== '').slice(-count);
  }

  /** Why the file has not all of it, such as a full disk. */
  get logFailure(): Error | undefined {
    return this.#logFailure;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#remember(chunk);
    const waits: Promise<unknown>[] = [];
    if (!this.#logFailure && !this.#log.write(chunk)) waits.push(settled(this.#log, 'drain'));
    const { live, stop } = this.#options;
    if (live && !this.#gone && !stop.aborted && !live.write(chunk)) waits.push(settled(live, 'drain', stop));
    if (waits.length === 0) done();
    else void Promise.all(waits).then(() => done());
  }

  override _final(done: () => void): void {
    this.#options.live?.off('error', this.#onGone);
    const closed = this.#log.closed ? Promise.resolve() : settled(this.#log.end(), 'close');
    void closed.then(() => done());
  }

  readonly #onGone = (): void => {
    if (this.#gone) return;
    this.#gone = true;
    this.#options.onGone();
  };

  #remember(chunk: Buffer): void {
    if (this.#headSize < this.#most) {
      const kept = Buffer.from(chunk.subarray(0, this.#most - this.#headSize));
      this.#head.push(kept);
      this.#headSize += kept.length;
    }
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-tailSize)]).subarray(-tailSize);
  }
}

/** Resolves at the event, or when it cannot come any more. */
async function settled(stream: Writable, event: 'drain' | 'close', signal?: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const signals = signal ? AbortSignal.any([stop.signal, signal]) : stop.signal;
  const each = (name: string) => once(stream, name, { signal: signals }).catch(() => undefined);
  await Promise.race([each(event), each('close'), each('error')]);
  stop.abort();
}
