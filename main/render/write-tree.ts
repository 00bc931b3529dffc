import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RenderedEntry, RenderedTree } from './tree.ts';

/**
 * Writes a rendered tree below `directory`, which is made if it is missing and should hold nothing of these
 * names: what is there is not removed. Modes travel whatever the umask is.
 */
export async function writeTree(tree: RenderedTree, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const entry of tree.entries) await writeEntry(entry, join(directory, entry.path));
  // Last, and the deepest first: a folder need not be writable in the end.
  for (const { path, type, mode } of tree.entries.toReversed()) {
    if (type === 'directory') await chmod(join(directory, path), mode);
  }
}

async function writeEntry(entry: RenderedEntry, file: string): Promise<void> {
  if (entry.type === 'directory') {
    await mkdir(file, { recursive: true });
    return;
  }
  if (entry.type === 'link') return symlink(entry.target, file);
  if ('bytes' in entry.content) await writeFile(file, entry.content.bytes);
  // Shares the blocks where the file system can.
  else await copyFile(entry.content.file, file, constants.COPYFILE_FICLONE);
  await chmod(file, entry.mode);
}
