import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { printableLine } from '../../../common/printable.ts';
import { lastLines } from '../../../common/text/last-lines.ts';
import { privateFile, privateFolder } from '../../store/run-folders.ts';

/** Bytes of the end of an output that are kept in memory. */
const keptBytes = 16 * 1024;

/**
 * The output of one process of tests, as it came, in a file of its own: nothing of other processes stands
 * between. There is no file where nothing was said.
 */
export class ProcessOutput {
  /** Relative to the run's directory. */
  readonly path: string;
  readonly #directory: string;
  #stream: WriteStream | undefined;
  #failed = false;
  #last = Buffer.alloc(0);
  #bytes = 0;

  constructor(directory: string, name: string) {
    this.path = join('output', `${name.replaceAll(/[^\w.@+-]+/g, '-').slice(0, 100)}.log`);
    this.#directory = directory;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when more may come. */
  async write(chunk: Buffer): Promise<void> {
    this.#bytes += chunk.length;
    this.#last = Buffer.concat([this.#last, chunk]).subarray(-keptBytes);
    if (this.#failed) return;
    const stream = this.#open();
    if (stream.write(chunk)) return;
    const drained = Promise.withResolvers<void>();
    stream.once('drain', drained.resolve).once('error', () => drained.resolve());
    await drained.promise;
  }

  /** The last lines that say something, for a person. */
  lines(count: number): readonly string[] {
    return lastLines(this.#last.toString('utf8'), count).map((line) => printableLine(line));
  }

  /** Resolves when all of it is in its file. */
  async end(): Promise<void> {
    const stream = this.#stream;
    if (!stream || this.#failed) return;
    await new Promise<void>((resolve) => {
      stream.once('error', () => resolve());
      stream.end(() => resolve());
    });
  }

  #open(): WriteStream {
    if (this.#stream) return this.#stream;
    mkdirSync(join(this.#directory, 'output'), { recursive: true, mode: privateFolder });
    const stream = createWriteStream(join(this.#directory, this.path), { mode: privateFile });
    // A disk that is full ends no run.
    stream.on('error', () => {
      this.#failed = true;
    });
    this.#stream = stream;
    return stream;
  }
}
