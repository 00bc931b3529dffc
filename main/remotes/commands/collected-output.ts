import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';

/**
 * What was read of one stream: its text, and past the bound the file that has all of it, if one was wanted.
 */
export interface CollectedOutput {
  readonly text: string;
  readonly file?: string;
}

export interface CollectOptions {
  /** Bytes that are kept in memory. */
  readonly maxBuffer: number;
  /** Where the spool file goes; without it what is past the bound is left out. */
  readonly spoolDir: string | undefined;
  readonly spoolName: string;
  /** All goes here and nothing is kept. It is not ended. */
  readonly to?: Writable | undefined;
  readonly onChunk?: ((chunk: Buffer) => void) | undefined;
}

/** Bytes that may wait for the disk: many chunks of a channel (32 KiB each) then become one write. */
const spoolBuffer = 4 * 1024 ** 2;

/** Bytes of one output that are written to a file: a command may print without end. */
const mostSpooled = 8 * 1024 ** 3;

/** Pieces that are kept apart; what comes a byte at a time would take a hundred times its size. */
const mostPieces = 1024;

/**
 * Reads a stream to its end. Up to `maxBuffer` bytes are kept; past that all goes to a file in `spoolDir`,
 * for its owner alone, and only the beginning stays in memory. The source waits for the disk and for `to`.
 * Rejects when the source, the file or `to` fails, and past 8 GiB of a file.
 */
export function collectOutput(source: Readable, options: CollectOptions): Promise<CollectedOutput> {
  const { promise, resolve, reject } = Promise.withResolvers<CollectedOutput>();
  let kept: Buffer[] = [];
  let size = 0;
  let file: string | undefined;
  let sink = options.to;
  const resume = () => source.resume();
  sink?.on('error', reject).on('drain', resume);

  const keep = (chunk: Buffer) => {
    if (size < options.maxBuffer) kept.push(chunk.subarray(0, options.maxBuffer - size));
    if (kept.length > mostPieces) kept = [Buffer.concat(kept)];
    size += chunk.length;
    if (size > mostSpooled)
      throw new ShakedownError({ message: `it printed more than ${mostSpooled} bytes` });
  };
  const startSpool = (directory: string) => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    file = join(directory, options.spoolName);
    sink = createWriteStream(file, { highWaterMark: spoolBuffer, mode: 0o600 })
      .on('error', reject)
      .on('drain', resume);
    for (const earlier of kept) sink.write(earlier);
  };
  source.on('data', (chunk: Buffer) => {
    try {
      options.onChunk?.(chunk);
      const { spoolDir, maxBuffer } = options;
      if (!sink && spoolDir !== undefined && size + chunk.length > maxBuffer) startSpool(spoolDir);
      if (!options.to) keep(chunk);
      if (sink && !sink.write(chunk)) source.pause();
    } catch (error) {
      reject(error);
    }
  });
  const onEnd = () => {
    const collected = { text: textOf(kept, size > options.maxBuffer), ...present({ file }) };
    if (file === undefined) resolve(collected);
    else sink?.end(() => resolve(collected));
  };
  source.once('error', reject).once('end', onEnd);
  if (source.readableEnded) onEnd();
  return promise.finally(() => options.to?.off('error', reject).off('drain', resume));
}

/** UTF-8 text; where it was cut, a character of which only the beginning is there is left out. */
function textOf(chunks: readonly Buffer[], cut: boolean): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Buffer.concat(chunks), { stream: cut });
}
