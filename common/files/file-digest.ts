import { createHash, hash } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  openSync,
  type PathLike,
  readFileSync,
} from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** Bytes up to which a file is read at once: to stream a small one costs a hundred times as much. */
const small = 64 * 1024;

/** The SHA-256 of what is in a file, in hexadecimal; read piece by piece. Throws as the file system does. */
export async function fileDigest(file: PathLike): Promise<string> {
  const bytes = readIfSmall(file);
  if (bytes) return hash('sha256', bytes);
  const digest = createHash('sha256');
  await pipeline(createReadStream(file), digest);
  return digest.digest('hex');
}

function readIfSmall(file: PathLike): Buffer | undefined {
  // A named pipe would hold up everything until somebody writes.
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    return stats.isFile() && stats.size <= small ? readFileSync(fd) : undefined;
  } finally {
    closeSync(fd);
  }
}
