import { spawn } from 'node:child_process';
import type { Stats } from 'node:fs';
import { basename, dirname } from 'node:path';

/** Bytes from which it matters whether a file has holes. */
const large = 16 * 1024 * 1024;

/** Whether a file is mostly holes, which take longer to read than what it holds. */
export const isMostlyHoles = ({ size, blocks }: Pick<Stats, 'size' | 'blocks'>): boolean =>
  size > large && blocks * 512 < size / 2;

/**
 * Whether one of the `needles` may be in what a sparse file holds, without reading its holes: Node knows no
 * SEEK_DATA (lseek(2)), but GNU tar does. Also true where that cannot be told.
 */
export async function mayHold(file: string, needles: readonly Buffer[]): Promise<boolean> {
  const name = `./${basename(file)}`;
  const words = ['-c', '--sparse', '--hole-detection=seek', '-f', '-', '-C', dirname(file), name];
  const tar = spawn('tar', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<number | null>((resolve) => {
    tar.once('error', () => resolve(null)).once('close', resolve);
  });
  const overlap = Math.max(...needles.map((needle) => needle.length)) - 1;
  let before = Buffer.alloc(0);
  try {
    for await (const chunk of tar.stdout as AsyncIterable<Buffer>) {
      const text = Buffer.concat([before, chunk]);
      if (needles.some((needle) => text.includes(needle))) return true;
      before = Buffer.from(text.subarray(Math.max(0, text.length - overlap)));
    }
    return (await ended) !== 0;
  } finally {
    tar.kill('SIGKILL');
  }
}
