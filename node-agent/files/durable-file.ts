import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file so that, after a crash at any moment, either the old or the new content is there, whole. */
export function writeDurably(file: string, content: string | Buffer, mode = 0o600): void {
  write(file, content, { mode, durable: true });
  syncDirectory(dirname(file));
}

/** The same after a crash of the process; one of the node may lose it. */
export const writeWhole = (file: string, content: string): void =>
  write(file, content, { mode: 0o600, durable: false });

function write(
  file: string,
  content: string | Buffer,
  { mode, durable }: { readonly mode: number; readonly durable: boolean },
): void {
  const temporary = `${file}.shakedown-new`;
  try {
    const fd = openSync(temporary, 'w', mode);
    try {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
      if (durable) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Makes renames and removals in a folder durable. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
