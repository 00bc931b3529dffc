import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import { readableBytes } from '../common/text/readable-bytes.ts';
import { tellingLines } from '../common/text/telling-lines.ts';

/**
 * Output of any length in bounded memory: the beginning and the end are kept, and what lies between is
 * counted.
 */
export class OutputBuffer {
  readonly #bound: number;
  readonly #onLine: ((line: string) => void) | undefined;
  readonly #decoder = new StringDecoder('utf8');
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #dropped = 0;
  #line = '';

  /** `bound`: bytes that are kept of the beginning, and again of the end. */
  constructor(onLine?: (line: string) => void, bound = 256 * 1024) {
    this.#onLine = onLine;
    this.#bound = bound;
  }

  add(chunk: Buffer): void {
    if (this.#onLine) this.#lines(this.#decoder.write(chunk));
    const room = this.#bound - this.#headBytes;
    if (room > 0) {
      this.#head.push(chunk.subarray(0, room));
      this.#headBytes += Math.min(room, chunk.length);
    }
    if (chunk.length > room) this.#addToTail(chunk.subarray(Math.max(0, room)));
  }

  /** All of it as text; the last line is told even if nothing ended it. */
  end(): string {
    if (this.#line) this.#onLine?.(this.#line);
    this.#line = '';
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail);
    const kept = tail.subarray(Math.max(0, tail.length - this.#bound));
    const dropped = this.#dropped + tail.length - kept.length;
    if (dropped === 0) return readableBytes(Buffer.concat([head, kept]));
    return `${readableBytes(head)}\n… ${dropped} bytes left out …\n${readableBytes(kept)}`;
  }

  #addToTail(chunk: Buffer): void {
    this.#tail.push(chunk);
    this.#tailBytes += chunk.length;
    for (let first = this.#tail[0]; first; first = this.#tail[0]) {
      if (this.#tailBytes - first.length < this.#bound) break;
      this.#tail.shift();
      this.#tailBytes -= first.length;
      this.#dropped += first.length;
    }
  }

  #lines(text: string): void {
    const lines = (this.#line + text).split(/\r?\n/);
    // A program that never ends its line must not fill the memory.
    this.#line = (lines.pop() ?? '').slice(-this.#bound);
    for (const line of lines) this.#onLine?.(line);
  }
}

/**
 * The last lines of a text that are not empty, oldest first, each cut to
 * 500 characters; for a person to read.
 */
export const lastLinesOf = (text: string, count = 20): string[] => readableLines(text).slice(-count);

/** The lines of a text that tell most of why something failed, for a person to read; see tellingLines. */
export const tellingLinesOf = (text: string, count = 20): string[] =>
  tellingLines(readableLines(text), count);

const readableLines = (text: string): string[] =>
  stripVTControlCharacters(text)
    .replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, '')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => (line.length > 500 ? `${line.slice(0, 500)}…` : line));
