import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ShakedownError } from '../../common/errors.ts';
import { isSystemError } from '../failure.ts';

/**
 * Sends a file's bytes to `sink`, and gives their number. Throws ShakedownError for what does not exist, is
 * no file, or has more than `maxBytes`; files of /proc, which have no size, are read to their end.
 */
export async function sendFile(path: string, maxBytes: number, sink: Writable): Promise<number> {
  // A named pipe would wait for a writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw isSystemError(error) ? refusal(path, sentences[error.code] ?? error.message) : error;
  });
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw refusal(path, 'Is a directory');
    if (stats.isFIFO() || stats.isSocket()) throw refusal(path, 'it is no file');
    const source = file.createReadStream({ autoClose: false, end: maxBytes });
    await pipeline(source, sink);
    if (source.bytesRead > maxBytes) throw refusal(path, `it has more than ${maxBytes} bytes`);
    return source.bytesRead;
  } finally {
    await file.close();
  }
}

const sentences: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EACCES: 'Permission denied',
  ELOOP: 'Too many levels of symbolic links',
};

const refusal = (path: string, why: string): ShakedownError =>
  new ShakedownError({ message: `cannot read '${path}': ${why}` });
