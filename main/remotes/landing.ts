import { chmod, lstat, readdir, unlink } from 'node:fs/promises';
import { mergeTree, pathIn } from './merge-tree.ts';

export interface Landed {
  /** Files and links; folders are not counted. */
  readonly files: number;
  /** What was left out, and why. */
  readonly problems: readonly string[];
}

/**
 * Moves what came from a node out of the folder `landing`, in which nothing else is, into `directory`. A node cannot
 * be trusted: links that came earlier are replaced and not followed, and nothing comes in that would wait for ever
 * (named pipes), reach the hardware (devices), run as somebody else (set-user-id) or could not be removed.
 */
export async function land(landing: string, directory: string): Promise<Landed> {
  const root = Buffer.from(landing);
  const landed = await tame(root, root.length + 1);
  const names = await readdir(root, { encoding: 'buffer' });
  for (const name of names) {
    await mergeTree(pathIn(root, name), pathIn(Buffer.from(directory), name), { replace: true });
  }
  return landed;
}

/** Bits of a mode: what the owner must have, for folders and for files, and what nobody may have. */
const folderMode = 0o700;
const fileMode = 0o600;
const specialModes = 0o7000;

async function tame(directory: Buffer, prefix: number): Promise<Landed> {
  await allow(directory, folderMode);
  let files = 0;
  const problems: string[] = [];
  for (const entry of await readdir(directory, { encoding: 'buffer', withFileTypes: true })) {
    const path = pathIn(directory, entry.name);
    if (entry.isDirectory()) {
      const below = await tame(path, prefix);
      files += below.files;
      problems.push(...below.problems);
    } else if (entry.isFile() || entry.isSymbolicLink()) {
      files++;
      if (entry.isFile()) await allow(path, fileMode);
    } else {
      await unlink(path);
      problems.push(`${path.subarray(prefix)}: ${entry.isFIFO() ? 'named pipe' : 'device'} left out`);
    }
  }
  return { files, problems };
}

async function allow(path: Buffer, needed: number): Promise<void> {
  const { mode } = await lstat(path);
  const wanted = (mode | needed) & ~specialModes & 0o7777;
  if ((mode & 0o7777) !== wanted) await chmod(path, wanted);
}
