import { open } from 'node:fs/promises';

/** Characters that are written together. */
const together = 256 * 1024;

/**
 * Writes a text of which never more than a part is in memory: `pieces` are asked for as they are written.
 * `mode` counts where the file is new. Throws as the file system does.
 */
export async function writePieces(file: string, pieces: Iterable<string>, mode: number): Promise<void> {
  await using output = await open(file, 'w', mode);
  let part: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    part.push(piece);
    length += piece.length;
    if (length < together) continue;
    await output.writeFile(part.join(''));
    [part, length] = [[], 0];
  }
  await output.writeFile(part.join(''));
}
