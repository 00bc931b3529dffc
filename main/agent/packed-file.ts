import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip, createZstdCompress } from 'node:zlib';

/** Programs by which a node may unpack what is sent, the one to prefer first. */
export const packings = ['zstd', 'gzip'] as const;
export type Packing = (typeof packings)[number];

/** Levels at which the next one saves little more, for twice the time: two seconds for 106 MB. */
const packers = {
  zstd: () => createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 6 } }),
  gzip: () => createGzip({ level: 6 }),
};

/** Many nodes ask at once, and one packing is enough for them all. */
const underway = new Map<string, Promise<void>>();

/**
 * The file with these bytes packed, `<beside>.<packing>`: made once for all nodes and runs. The
 * file must be one whose name has its digest.
 */
export async function packedFile(file: string, beside: string, packing: Packing): Promise<string> {
  const packed = `${beside}.${packing}`;
  // One that was being written when the power went may have nothing in it.
  const there = await stat(packed).catch(() => undefined);
  if (there?.size) return packed;
  const making = underway.get(packed) ?? pack(file, packed, packing).finally(() => underway.delete(packed));
  underway.set(packed, making);
  await making;
  return packed;
}

async function pack(file: string, packed: string, packing: Packing): Promise<void> {
  // Another run may be making it as well.
  const temporary = `${packed}.${process.pid}.new`;
  try {
    await pipeline(createReadStream(file), packers[packing](), createWriteStream(temporary));
    await rename(temporary, packed);
  } finally {
    await rm(temporary, { force: true });
  }
}
