import { chmodSync, constants, copyFileSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { smallFile } from '../../common/trees/file-content.ts';
import type { RenderedEntry, RenderedTree } from './tree.ts';

/** Files that were written already, by what is in them and their modes. */
export type WrittenFiles = Map<string, string>;

/**
 * Writes a rendered tree below `directory`, which is made if it is missing and should hold nothing of these
 * names: what is there is not removed. Modes travel whatever the umask is. A file that is in `written`
 * already gets a second name, where the file system can do that: who changes one of them must write it anew.
 */
export async function writeTree(
  tree: RenderedTree,
  directory: string,
  written?: WrittenFiles,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const entry of tree.entries) await writeEntry(entry, join(directory, entry.path), written);
  // Last, and the deepest first: a folder need not be writable in the end.
  for (const { path, type, mode } of tree.entries.toReversed()) {
    if (type === 'directory') chmodSync(join(directory, path), mode);
  }
}

/** What is small is there at once: of nodes that write side by side only the first one writes a file. */
async function writeEntry(entry: RenderedEntry, file: string, written?: WrittenFiles): Promise<void> {
  if (entry.type === 'directory') return void mkdirSync(file, { recursive: true });
  if (entry.type === 'link') return symlinkSync(entry.target, file);
  const key = `${entry.mode} ${entry.sha256}`;
  if (isLinked(written?.get(key), file)) return;
  // Shares the blocks where the file system can.
  const how = constants.COPYFILE_FICLONE;
  if ('bytes' in entry.content) writeFileSync(file, entry.content.bytes);
  else if (entry.size <= smallFile) copyFileSync(entry.content.file, file, how);
  else await copyFile(entry.content.file, file, how);
  chmodSync(file, entry.mode);
  written?.set(key, file);
}

function isLinked(known: string | undefined, file: string): boolean {
  if (known === undefined) return false;
  try {
    linkSync(known, file);
    return true;
  } catch {
    // It is gone, has as many names as it may have, or the file system knows no others.
    return false;
  }
}
