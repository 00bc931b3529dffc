import { type FileHandle, open } from 'node:fs/promises';
import { coloured, type Look } from './coloured.ts';

/** Some lines of a log. `from` and `to` are offsets in its bytes, between which there is nothing else. */
export interface LogWindow {
  readonly from: number;
  readonly to: number;
  /** HTML, a line each. */
  readonly lines: readonly { readonly at: number; readonly html: string }[];
  /** What the log has altogether. */
  readonly size: number;
}

/** A line is cut in pieces of so many bytes. */
const longestLine = 16 * 1024;
const newline = 0x0a;

/** The lines before a byte, or at the end of the log; of some `bytes`, from the beginning of one. */
export function windowBefore(file: string, end: number | undefined, bytes: number): Promise<LogWindow> {
  return withFile(file, async (log, size) => {
    const to = Math.min(end ?? size, size);
    return window(log, size, Math.max(0, to - bytes), to);
  });
}

/** The lines from a byte on, which is the beginning of one; whole lines, unless the log is `over`. */
export function windowFrom(
  file: string,
  start: number,
  bytes: number,
  isOver = false,
): Promise<LogWindow & { readonly partial: string }> {
  return withFile(file, async (log, size) => {
    const from = Math.min(start, size);
    const piece = await read(log, from, Math.min(size, from + bytes));
    const isEnd = from + piece.length === size;
    // What has no end of line yet comes once more when it has one.
    const last = piece.lastIndexOf(newline) + 1;
    const isWhole = (isEnd && isOver) || (last === 0 && piece.length >= longestLine);
    const whole = isWhole ? piece : piece.subarray(0, last);
    const rest = isEnd && !isWhole ? piece.subarray(last).toString() : '';
    return { from, to: from + whole.length, size, lines: linesOf(whole, from), partial: coloured(rest).html };
  });
}

/** The lines around a byte. */
export function windowAround(file: string, at: number, bytes: number): Promise<LogWindow> {
  return withFile(file, (log, size) => {
    const from = Math.max(0, at - Math.floor(bytes / 2));
    return window(log, size, from, Math.min(size, from + bytes));
  });
}

async function window(log: FileHandle, size: number, from: number, to: number): Promise<LogWindow> {
  // The byte before tells whether a line begins here.
  const piece = await read(log, Math.max(0, from - 1), to);
  let skip = 0;
  if (from > 0) {
    const first = piece.indexOf(newline);
    skip = first >= 0 && first < piece.length - 1 ? first + 1 : 1;
  }
  const begin = Math.max(0, from - 1) + skip;
  const lines = linesOf(piece.subarray(skip), begin);
  return { from: begin, to: begin + piece.length - skip, size, lines };
}

function linesOf(piece: Buffer, from: number): LogWindow['lines'] {
  const lines: { at: number; html: string }[] = [];
  let look: Look = {};
  for (let at = 0; at < piece.length; ) {
    const end = piece.indexOf(newline, at);
    const stop = Math.min(end < 0 ? piece.length : end, at + longestLine);
    const shown = coloured(piece.subarray(at, stop).toString(), look);
    lines.push({ at: from + at, html: shown.html });
    look = shown.look;
    at = stop === end ? stop + 1 : stop;
  }
  return lines;
}

async function withFile<T>(file: string, act: (log: FileHandle, size: number) => Promise<T>): Promise<T> {
  // Nothing was said yet where there is none.
  const log = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return open('/dev/null', 'r');
    throw error;
  });
  try {
    const { size } = await log.stat();
    return await act(log, size);
  } finally {
    await log.close();
  }
}

async function read(log: FileHandle, from: number, to: number): Promise<Buffer> {
  const piece = Buffer.alloc(Math.max(0, to - from));
  const { bytesRead } = await log.read(piece, 0, piece.length, from);
  return piece.subarray(0, bytesRead);
}
