import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { readableBytes } from '../../common/text/readable-bytes.ts';
import { lastLinesOf, tellingLinesOf } from '../output-buffer.ts';
import type { LogWatch } from './service.ts';

const chunkSize = 1024 * 1024;

/** The last lines of a file of any size that were written from byte `from` on; none when it is not there. */
export const lastLinesOfFile = (file: string, from = 0): string[] =>
  lastLinesOf(endOf(file, from, 64 * 1024));

/** Its lines from byte `from` on that tell most of why something failed; of its last MiB. */
export const tellingLinesOfFile = (file: string, from = 0): string[] =>
  tellingLinesOf(endOf(file, from, 1024 * 1024));

/** At most the last `most` bytes that were written from byte `from` on. */
function endOf(file: string, from: number, most: number): string {
  const bytes = withFile(file, (fd) => {
    const size = fstatSync(fd).size;
    const begin = Math.max(from, size - most);
    const buffer = Buffer.alloc(Math.max(0, size - begin));
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, begin));
  });
  return bytes === undefined ? '' : readableBytes(bytes);
}

/** The size of a file in bytes, 0 when it is not there. */
export const sizeOf = (file: string): number => withFile(file, (fd) => fstatSync(fd).size) ?? 0;

function withFile<T>(file: string, use: (fd: number) => T): T | undefined {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return undefined;
  }
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/** Reads what is new in a growing file, a piece at a time, and matches it line by line. */
export class FileWatch implements LogWatch {
  readonly #file: string;
  readonly #pattern: RegExp;
  readonly #decoder = new StringDecoder('utf8');
  #position: number;
  #rest = '';
  #found = false;

  constructor(file: string, pattern: RegExp, from: number) {
    this.#file = file;
    this.#pattern = pattern;
    this.#position = from;
  }

  async found(): Promise<boolean> {
    while (!this.#found && this.#readOn()) {
      // One piece after the other, so that a log that grows fast does not hold up everything else.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return this.#found;
  }

  [Symbol.dispose](): void {}

  #readOn(): boolean {
    const bytes = withFile(this.#file, (fd) => {
      const buffer = Buffer.alloc(chunkSize);
      return buffer.subarray(0, readSync(fd, buffer, 0, chunkSize, this.#position));
    });
    if (!bytes || bytes.length === 0) return false;
    this.#position += bytes.length;
    const lines = (this.#rest + this.#decoder.write(bytes)).split(/\r?\n/);
    this.#rest = (lines.at(-1) ?? '').slice(-chunkSize);
    this.#found = lines.some((line) => this.#pattern.test(line));
    return true;
  }
}
