import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Bytes up to which a file is read and written at once, which costs less than to wait for it. */
export const smallFile = 256 * 1024;

// A named pipe would wait for a writer; and what was no link a moment ago is not followed as one.
const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens a file for `chunksOf`. */
export const openFile = (path: string | Buffer): Promise<FileHandle> => open(path, flags);

/** A small file's bytes, as many of them as `size` says. */
export function readAtOnce(path: string | Buffer, size: number): Buffer {
  const fd = openSync(path, flags);
  try {
    const bytes = Buffer.allocUnsafe(size);
    return bytes.subarray(0, readSync(fd, bytes, 0, size, 0));
  } finally {
    closeSync(fd);
  }
}

/** The bytes of a file from its beginning; it is not closed. */
export async function* chunksOf(file: FileHandle): AsyncGenerator<Buffer, void, undefined> {
  for (;;) {
    const buffer = Buffer.allocUnsafe(smallFile);
    const { bytesRead } = await file.read(buffer, 0, buffer.length);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The bytes of a file, which is opened when its turn has come: of many only one is. */
export async function* contentOf(path: string, size: number): AsyncGenerator<Buffer, void, undefined> {
  if (size <= smallFile) {
    yield readAtOnce(path, size);
    return;
  }
  await using file = await openFile(path);
  yield* chunksOf(file);
}
