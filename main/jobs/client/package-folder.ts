import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { create, extract, type ReadEntry } from 'tar';
import { ShakedownError } from '../../../common/errors.ts';

/** What never travels: made anew where it is needed, or of no use there. */
const left = new Set(['.shakedown', '.git', 'node_modules']);

/** Packs a folder and hands the file and its SHA-256 to `use`; the file is gone afterwards. */
export async function packed<T>(
  folder: string,
  use: (file: string, sha256: string) => Promise<T>,
): Promise<T> {
  const place = await mkdtemp(join(tmpdir(), 'shakedown-package-'));
  const file = join(place, 'package.tar.gz');
  try {
    const filter = (path: string) => !path.split('/').some((part) => left.has(part));
    await create({ file, cwd: folder, gzip: { level: 1 }, portable: true, filter }, ['.']);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(file)) hash.update(chunk);
    return await use(file, hash.digest('hex'));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/**
 * Unpacks what `packed` made. Throws when anything in it would come to lie, or points, outside of `folder`.
 */
export async function unpack(source: Readable, folder: string): Promise<void> {
  let refused: string | undefined;
  const filter = (path: string, entry: unknown): boolean => {
    if (isInside(path) && linkIsInside(path, entry as ReadEntry)) return true;
    refused ??= path;
    return false;
  };
  await pipeline(source, extract({ cwd: folder, strict: true, filter }));
  if (refused !== undefined) {
    throw new ShakedownError({ message: `the package has '${refused}', which leads out of its folder` });
  }
}

const isInside = (path: string): boolean => !path.startsWith('/') && !/^\.\.(\/|$)/.test(normalize(path));

function linkIsInside(path: string, { type, linkpath = '' }: ReadEntry): boolean {
  if (type === 'SymbolicLink') return !linkpath.startsWith('/') && isInside(join(dirname(path), linkpath));
  return type !== 'Link' || isInside(linkpath);
}
