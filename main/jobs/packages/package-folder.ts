import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { create, Unpack } from 'tar';
import { fileDigest } from '../../../common/files/file-digest.ts';
import { keepsToBounds, type PackageBounds } from './bounds.ts';

/** What never travels: made anew where it is needed, or of no use there. */
export const neverTravels: ReadonlySet<string> = new Set(['.shakedown', '.git', 'node_modules']);

/** Packs a folder, and hands the file and its SHA-256 to `use`; the file is gone afterwards. */
export async function packed<T>(
  folder: string,
  use: (file: string, sha256: string) => Promise<T>,
): Promise<T> {
  const place = await mkdtemp(join(tmpdir(), 'shakedown-package-'));
  const file = join(place, 'package.tar.gz');
  try {
    const filter = (path: string) => !path.split('/').some((part) => neverTravels.has(part));
    await create({ file, cwd: folder, gzip: { level: 1 }, portable: true, filter }, ['.']);
    return await use(file, await fileDigest(file));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/**
 * Unpacks a tar, as `packed` makes it or as anybody does. Throws when anything in it would come to lie, or
 * points, outside of `folder`, and when it is larger than its bounds; what came before that stays.
 */
export async function unpack(source: Readable, folder: string, bounds?: PackageBounds): Promise<void> {
  const filter = keepsToBounds((wrong) => unpacker.abort(wrong), bounds);
  // Whose the files were where they were packed is of no meaning here.
  const unpacker = new Unpack({ cwd: folder, strict: true, preserveOwner: false, filter });
  await pipeline(source, unpacker as unknown as NodeJS.WritableStream);
}
