import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { EmptyFoldersParams } from '../../common/protocol/project-protocol.ts';

/** Makes these folders, empty, with those around them; gives how many processors there are for us. */
export async function emptyFolders({
  folders,
}: EmptyFoldersParams): Promise<{ readonly processors: number }> {
  for (const folder of folders) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  return { processors: availableParallelism() };
}
