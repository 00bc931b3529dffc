import type { Writable } from 'node:stream';
import { exitCodes } from '../../common/exit-codes.ts';

/** A stream that people or programs read, and its name. */
type Watched = Readonly<Record<'stdout' | 'stderr', Writable>>;

/**
 * Watches what is written: a write that fails (the reader has gone, the disk is full, the terminal was
 * closed) ends nothing. A run goes on without a face, brings its evidence home and destroys its machines.
 * Call it once, before the first write. What it gives turns the exit code that the work came to into the one
 * to end with, once all is written: 141 when a reader has gone, and at least 3 after another failed write,
 * which is told on stderr if that can be.
 */
export function watchOutput({ stdout, stderr }: Watched): (code: number) => Promise<number> {
  const failures = new Map<string, NodeJS.ErrnoException>();
  const streams = { stdout, stderr };
  for (const [name, stream] of Object.entries(streams)) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!failures.has(name)) failures.set(name, error);
    });
  }
  return async (code) => {
    await Promise.all(Object.values(streams).map(written));
    const all = [...failures];
    if (all.length === 0) return code;
    if (all.every(([, { code }]) => code === 'EPIPE')) return exitCodes.brokenPipe;
    for (const [name, { message, code }] of all) {
      if (code !== 'EPIPE') stderr.write(`shakedown: not all could be written to ${name}: ${message}\n`);
    }
    await written(stderr);
    return Math.max(code, exitCodes.error);
  };
}

/**
 * Resolves once all is written, or has failed: a stream tells of that after the write itself has returned.
 */
const written = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => setImmediate(resolve));
  });
