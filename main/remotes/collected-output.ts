import { once } from 'node:events';
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

/** What was read of one stream: its text, and past the bound the file that has all of it. */
export interface CollectedOutput {
  readonly text: string;
  readonly file?: string;
}

/**
 * Reads a stream to its end. Up to `maxBuffer` bytes are kept; past that all goes to `spoolFile` and only the beginning
 * stays in memory. With `to` nothing is kept. The source waits for the disk.
 */
export async function collectOutput(
  source: Readable,
  options: {
    readonly maxBuffer: number;
    readonly spoolDir: string | undefined;
    readonly spoolName: string;
    readonly to?: Writable | undefined;
    readonly onChunk?: ((chunk: Buffer) => void) | undefined;
  },
): Promise<CollectedOutput> {
  const kept: Buffer[] = [];
  let size = 0;
  let spool: WriteStream | undefined;
  const write = async (target: Writable, chunk: Buffer) => {
    if (!target.write(chunk)) await once(target, 'drain');
  };
  for await (const chunk of source as AsyncIterable<Buffer>) {
    options.onChunk?.(chunk);
    if (options.to) {
      await write(options.to, chunk);
      continue;
    }
    if (!spool && size + chunk.length > options.maxBuffer) {
      spool = openSpool(options.spoolDir ?? tmpdir(), options.spoolName);
      for (const earlier of kept) await write(spool, earlier);
    }
    if (spool) await write(spool, chunk);
    if (size < options.maxBuffer) kept.push(chunk.subarray(0, options.maxBuffer - size));
    size += chunk.length;
  }
  if (spool) await new Promise<void>((resolve, reject) => spool.once('error', reject).end(resolve));
  const text = Buffer.concat(kept).toString();
  return spool ? { text, file: String(spool.path) } : { text };
}

function openSpool(directory: string, name: string): WriteStream {
  mkdirSync(directory, { recursive: true });
  return createWriteStream(join(directory, name));
}
