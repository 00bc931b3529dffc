import { createHash } from 'node:crypto';
import { createReadStream, type PathLike } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** The SHA-256 of what is in a file, in hexadecimal; read piece by piece. Throws as the file system does. */
export async function fileDigest(file: PathLike): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
