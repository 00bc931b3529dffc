import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { coloured } from './coloured.ts';

/** A line of a log, counted from 1, and the byte at which it begins. */
export interface LogPlace {
  readonly line: number;
  readonly at: number;
}

export interface LogHits {
  readonly hits: readonly (LogPlace & { readonly html: string })[];
  /** The next line that has it, where there are more. */
  readonly next?: LogPlace;
  /** There was no time, or no memory, to look at all. */
  readonly isCut: boolean;
}

/** Bytes of a line that are shown. */
const longestLine = 4096;

/** kB of memory: a line without end is not to be had whole. */
const memory = 512 * 1024;

/**
 * For sh: the lines from byte `$2` on of the file `$1`, counted from 1, that have what `$4` says, at most
 * `$3`. A log of a gigabyte is nothing that others should wait for.
 */
const program = `ulimit -v ${memory}; renice -n 10 $$ >/dev/null 2>&1
tail -c "+$2" -- "$1" | exec grep -nbaiE -m "$3" -e "$4"`;

/**
 * The lines of a log from a place on that have a text in them, at most so many; letters of either case, and
 * through colours. grep looks for them, beside this process. Ends when `signal` is aborted.
 */
export async function searchLog(
  file: string,
  wanted: string,
  { most, from = { line: 1, at: 0 } }: { readonly most: number; readonly from?: LogPlace },
  signal: AbortSignal,
): Promise<LogHits> {
  const found: (LogPlace & { html: string })[] = [];
  if (signal.aborted || wanted.includes('\n') || !existsSync(file)) {
    return { hits: found, isCut: signal.aborted };
  }
  const words = [file, String(from.at + 1), String(most + 1), patternOf(wanted)];
  // Of C's characters none but those of ASCII have two cases, and it is many times faster.
  const LC_ALL = /^[\x20-\x7f]*$/.test(wanted) ? 'C' : 'C.UTF-8';
  const child = spawn('/bin/sh', ['-c', program, 'search', ...words], {
    ...{ env: { ...process.env, LC_ALL }, stdio: ['ignore', 'pipe', 'ignore'], detached: true },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const end = () => {
    try {
      // With the group that it leads: grep and tail.
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    for await (const line of linesOf(child.stdout)) {
      const [, number, at, text = ''] = /^(\d+):(\d+):(.*)$/s.exec(line) ?? [];
      if (number === undefined) continue;
      const place = { line: from.line - 1 + Number(number), at: from.at + Number(at) };
      found.push({ ...place, html: coloured(text).html });
    }
    const code = await ended;
    const [hits, [more]] = [found.slice(0, most), found.slice(most)];
    // 1: it found nothing.
    const isCut = signal.aborted || (code !== 0 && code !== 1);
    return { hits, ...(more && { next: { line: more.line, at: more.at } }), isCut };
  } finally {
    signal.removeEventListener('abort', end);
  }
}

const colour = '(\x1b\\[[0-9;:]*m)*';

/** An extended regular expression (POSIX) of a text between whose characters there may be colours. */
const patternOf = (text: string): string =>
  [...text].map((letter) => letter.replace(/[.[\]()*+?{}|^$\\]/, '\\$&')).join(colour);

/** Lines as they come, of each no more than is shown. */
async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let [rest, length]: [Buffer[], number] = [[], 0];
  const take = (piece: Buffer) => {
    if (length < longestLine) rest.push(piece.subarray(0, longestLine - length));
    length += piece.length;
  };
  for await (const chunk of stream) {
    for (let from = 0; from < chunk.length; ) {
      const end = chunk.indexOf('\n', from);
      take(chunk.subarray(from, end < 0 ? chunk.length : end));
      if (end < 0) break;
      yield Buffer.concat(rest).toString();
      [rest, length] = [[], 0];
      from = end + 1;
    }
  }
  if (length > 0) yield Buffer.concat(rest).toString();
}
