import { closeSync, futimesSync, openSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { smallFile } from './file-content.ts';
import type { EntryHeader } from './tree-entry.ts';

/** Writes a file that does not exist yet, from `content`, which has its size. */
export async function writeNewFile(
  path: Buffer | string,
  { mode, mtimeMs, size }: Extract<EntryHeader, { kind: 'file' }>,
  content: AsyncIterable<Buffer>,
): Promise<void> {
  if (size <= smallFile) {
    const chunks: Buffer[] = [];
    for await (const chunk of content) chunks.push(chunk);
    const fd = openSync(path, 'wx', mode);
    try {
      writeFileSync(fd, chunks.length === 1 ? (chunks[0] ?? '') : Buffer.concat(chunks));
      futimesSync(fd, mtimeMs / 1000, mtimeMs / 1000);
    } finally {
      closeSync(fd);
    }
    return;
  }
  await using file: FileHandle = await open(path, 'wx', mode);
  for await (const chunk of content) await file.writeFile(chunk);
  await file.utimes(mtimeMs / 1000, mtimeMs / 1000);
}
