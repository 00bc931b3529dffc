import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { printable } from '../../../common/text/printable.ts';
import { privateFile } from '../../store/run-folders.ts';

/** Whose lines they are. */
export interface LineSource {
  readonly node: string;
  readonly runner?: string;
  /** A hook's name, or the test files. */
  readonly of: string;
}

/** Takes the bytes of one output, whatever they are; the writer waits for it. */
export interface LineSink {
  write(chunk: Buffer): Promise<void>;
  /** A last line may have no end. */
  end(): void;
}

/** Characters of a line that has no end, after which it is told as one. */
const longest = 8000;

/** ms for which lines wait, and characters of them at most: thousands of files have a line each. */
const together = 50;
const most = 64 * 1024;

/** `distribute.log`: every line of hooks and tests with the time, the node, the runner and the file. */
export class DistributeLog implements AsyncDisposable {
  readonly file: string;
  readonly #stream: WriteStream;
  readonly #clock: () => number;
  #waiting: string[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | undefined;
  #failed: Error | undefined;
  #drained: Promise<void> | undefined;

  constructor(directory: string, clock: () => number) {
    this.file = join(directory, 'distribute.log');
    this.#stream = createWriteStream(this.file, { mode: privateFile, flags: 'a' });
    // A disk that is full ends no run.
    this.#stream.on('error', (error) => {
      this.#failed ??= error;
    });
    this.#clock = clock;
  }

  /** Why not all of it could be written. */
  get failed(): Error | undefined {
    return this.#failed;
  }

  lines({ node, runner = '-', of }: LineSource): LineSink {
    const decoder = new StringDecoder('utf8');
    let rest = '';
    const tell = (lines: readonly string[]) => {
      const stamp = new Date(this.#clock()).toISOString();
      return lines.map((line) => `${stamp} ${node} ${runner} ${of} | ${printable(line)}\n`).join('');
    };
    return {
      write: async (chunk) => {
        const lines = (rest + decoder.write(chunk)).split(/\r?\n/);
        rest = lines.pop() ?? '';
        if (rest.length > longest) {
          lines.push(rest);
          rest = '';
        }
        if (lines.length > 0) await this.#write(tell(lines));
      },
      end: () => {
        rest += decoder.end();
        if (rest !== '') void this.#write(tell([rest]));
        rest = '';
      },
    };
  }

  async #write(text: string): Promise<void> {
    if (this.#failed) return;
    this.#waiting.push(text);
    this.#length += text.length;
    if (this.#length < most) this.#timer ??= setTimeout(() => this.#flush(), together);
    else if (!this.#flush()) {
      this.#drained ??= this.#untilDrained();
      await this.#drained;
    }
  }

  /** Whether more may come at once. */
  #flush(): boolean {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#waiting.join('');
    [this.#waiting, this.#length] = [[], 0];
    return this.#failed !== undefined || this.#stream.write(text);
  }

  /** All runners wait for the same. */
  async #untilDrained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => resolve();
    this.#stream.once('drain', end).once('error', end);
    await promise;
    this.#stream.off('drain', end).off('error', end);
    this.#drained = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#flush();
    await new Promise<void>((resolve) => {
      this.#stream.once('error', () => resolve());
      this.#stream.end(() => resolve());
    });
  }
}
