import { createReadStream } from 'node:fs';
import { coloured } from './coloured.ts';

export interface LogHits {
  readonly hits: readonly { readonly line: number; readonly at: number; readonly html: string }[];
  /** There were more, or there was no time to look at all. */
  readonly more: boolean;
}

/** Bytes of a line that are shown and looked at. */
const longestLine = 4096;
const pieceBytes = 1024 * 1024;
const newline = 0x0a;

/**
 * The lines of a log that have a text in them, from its beginning, at most so many; letters of either case,
 * and with colours or without. Ends when `signal` is aborted.
 */
export async function searchLog(
  file: string,
  wanted: string,
  most: number,
  signal: AbortSignal,
): Promise<LogHits> {
  const search = new Search(wanted.toLowerCase(), most);
  try {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of createReadStream(file, { highWaterMark: pieceBytes, signal })) {
      const piece: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      const last = piece.lastIndexOf(newline) + 1;
      // A line without end is looked at in pieces.
      const end = last === 0 && piece.length >= pieceBytes ? piece.length : last;
      search.lookAt(piece.subarray(0, end));
      if (search.hits.length >= most) return { hits: search.hits, more: true };
      rest = piece.subarray(end);
    }
    search.lookAt(rest);
    return { hits: search.hits, more: false };
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    if (name !== 'AbortError' && code !== 'ENOENT') throw error;
    return { hits: search.hits, more: name === 'AbortError' };
  }
}

class Search {
  readonly hits: { line: number; at: number; html: string }[] = [];
  readonly #needle: string;
  readonly #most: number;
  #line = 1;
  #at = 0;

  constructor(needle: string, most: number) {
    this.#needle = needle;
    this.#most = most;
  }

  lookAt(lines: Buffer): void {
    const mayHave = this.#mayHave(lines);
    for (let from = 0; from < lines.length && this.hits.length < this.#most; ) {
      const found = lines.indexOf(newline, from);
      const end = found < 0 ? lines.length : found;
      if (mayHave) this.#lookAtLine(lines.subarray(from, Math.min(end, from + longestLine)), from);
      if (found >= 0) this.#line += 1;
      from = end + 1;
    }
    this.#at += lines.length;
  }

  /** All lines at once, which is many times faster than one by one. */
  #mayHave(lines: Buffer): boolean {
    const text = lines.toString();
    return text.includes('\x1b') || text.toLowerCase().includes(this.#needle);
  }

  #lookAtLine(line: Buffer, from: number): void {
    const text = line.toString();
    const plain = text.includes('\x1b') ? text.replaceAll(/\x1b\[[\d;:]*m/g, '') : text;
    if (!plain.toLowerCase().includes(this.#needle)) return;
    this.hits.push({ line: this.#line, at: this.#at + from, html: coloured(text).html });
  }
}
