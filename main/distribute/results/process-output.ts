import { once } from 'node:events';
import { createWriteStream, mkdirSync, type WriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLines } from '../../../common/text/last-lines.ts';
import { printableLine } from '../../../common/text/printable.ts';
import { privateFile, privateFolder } from '../../store/run-folders.ts';

/** Bytes of the end of an output that are kept in memory. */
const keptBytes = 16 * 1024;

/**
 * ms for which a short output is not written yet: thousands of files are over before, each with few bytes.
 */
const heldMs = 1000;

/** Bytes of what frameworks print for a test that passed: pytest's dot, a line's end. */
const fewBytes = 16;

/**
 * The output of one process of tests, as it came, in a file of its own: nothing of other processes stands
 * between. There is no file where nothing was said, nor for a few signs without a letter or digit: making one
 * for each dot of thousands of files took longer than the tests. The distribution's log has those.
 */
export class ProcessOutput {
  /** Relative to the run's directory. */
  readonly path: string;
  readonly #directory: string;
  #stream: WriteStream | undefined;
  #failed = false;
  #last = Buffer.alloc(0);
  #bytes = 0;
  #begin = 0;

  constructor(directory: string, name: string) {
    this.path = join('output', `${name.replaceAll(/[^\w.@+-]+/g, '-').slice(0, 100)}.log`);
    this.#directory = directory;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Resolves when more may come. */
  async write(chunk: Buffer): Promise<void> {
    if (this.#bytes === 0) this.#begin = performance.now();
    const held = this.#stream ? [] : [this.#last];
    this.#bytes += chunk.length;
    this.#last = Buffer.concat([this.#last, chunk]).subarray(-keptBytes);
    if (this.#failed) return;
    if (!this.#stream && this.#bytes <= keptBytes && performance.now() - this.#begin < heldMs) return;
    const stream = this.#open();
    if (stream.write(Buffer.concat([...held, chunk]))) return;
    await once(stream, 'drain').catch(() => undefined);
  }

  /** The last lines that say something, for a person. */
  lines(count: number): readonly string[] {
    return lastLines(this.#last.toString('utf8'), count).map((line) => printableLine(line));
  }

  /** Resolves when all of it is in its file. */
  async end(): Promise<void> {
    const stream = this.#stream;
    if (this.#failed || this.#bytes === 0) return;
    if (!stream) {
      if (this.#bytes > fewBytes || hasWords(this.#last)) this.#writeAll();
      return;
    }
    await new Promise<void>((resolve) => {
      stream.once('error', () => resolve());
      stream.end(() => resolve());
    });
  }

  #open(): WriteStream {
    if (this.#stream) return this.#stream;
    this.#makeFolder();
    const stream = createWriteStream(join(this.#directory, this.path), { mode: privateFile });
    // A disk that is full ends no run.
    stream.on('error', () => {
      this.#failed = true;
    });
    this.#stream = stream;
    return stream;
  }

  #writeAll(): void {
    const write = () => writeFileSync(join(this.#directory, this.path), this.#last, { mode: privateFile });
    try {
      try {
        write();
      } catch {
        // The first of a run finds no folder.
        this.#makeFolder();
        write();
      }
    } catch {
      this.#failed = true;
    }
  }

  #makeFolder(): void {
    mkdirSync(join(this.#directory, 'output'), { recursive: true, mode: privateFolder });
  }
}

const hasWords = (bytes: Buffer): boolean => /[\p{L}\p{N}]/u.test(bytes.toString('utf8'));
