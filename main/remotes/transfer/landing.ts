import { chmod, lstat, rename, rmdir, unlink } from 'node:fs/promises';
import { entriesOf, mergeTree, pathIn } from './merge-tree.ts';

export interface Landed {
  /** Files and links; folders are not counted. */
  readonly files: number;
  /** What was left out, and why. */
  readonly problems: readonly string[];
}

/**
 * Moves what came from a node out of the folder `landing`, in which nothing else is, into `directory`. A node
 * cannot be trusted: links that came earlier are replaced and not followed, and nothing comes in that would
 * wait for ever (named pipes), reach the hardware (devices), run as somebody else (set-user-id) or could not
 * be removed. What is left out may lie beside `landing` afterwards, to be removed with it by `removeLanding`.
 */
export async function land(landing: string, directory: string): Promise<Landed> {
  const tamer = new Tamer(Buffer.from(landing));
  await tamer.tame();
  for await (const { name } of entriesOf(Buffer.from(landing))) {
    await mergeTree(pathIn(Buffer.from(landing), name), pathIn(Buffer.from(directory), name), {
      replace: true,
    });
  }
  return tamer;
}

/**
 * Removes a folder and `inner` in it, which are empty when all has landed; else the whole tree, however deep:
 * rm(1) walks down in it, where the path to its end would be too long to be named.
 */
export async function removeLanding(path: string, inner: string): Promise<void> {
  try {
    await rmdir(inner).catch((error: NodeJS.ErrnoException) => {
      // It has been moved as a whole.
      if (error.code !== 'ENOENT') throw error;
    });
    await rmdir(path);
    return;
  } catch {
    // There is more in them.
  }
  const { execa } = await import('execa');
  await execa('rm', ['-rf', '--', path], { reject: false, stdio: 'ignore' });
}

/** Bits of a mode: what the owner must have, for folders and for files, and what nobody may have. */
const folderMode = 0o700;
const fileMode = 0o600;
const specialModes = 0o7000;

/** What is deeper in folders, or further away in bytes, could not be read or removed by everybody. */
export const deepest = 200;
export const longestPath = 2048;

/** Problems of one tree that are kept; there may be as many as there are files. */
export const mostProblems = 200;

class Tamer implements Landed {
  files = 0;
  readonly problems: string[] = [];
  readonly #root: Buffer;
  #outcasts = 0;

  constructor(root: Buffer) {
    this.#root = root;
  }

  async tame(directory = this.#root, depth = 0): Promise<void> {
    await allow(directory, folderMode);
    for await (const entry of entriesOf(directory)) {
      const path = pathIn(directory, entry.name);
      if (entry.isDirectory()) {
        if (depth < deepest && path.length < longestPath) await this.tame(path, depth + 1);
        else await this.#leaveOut(path);
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        this.files++;
        if (entry.isFile()) await allow(path, fileMode);
      } else {
        await unlink(path);
        this.#note(path, `${entry.isFIFO() ? 'named pipe' : 'device'} left out`);
      }
    }
  }

  async #leaveOut(path: Buffer): Promise<void> {
    this.#outcasts += 1;
    await rename(path, Buffer.concat([this.#root, Buffer.from(`.left-out-${this.#outcasts}`)]));
    this.#note(path.subarray(0, this.#root.length + 100), '… left out: it is too deep a folder');
  }

  #note(path: Buffer, problem: string): void {
    if (this.problems.length < mostProblems)
      this.problems.push(`${path.subarray(this.#root.length + 1)}: ${problem}`);
  }
}

async function allow(path: Buffer, needed: number): Promise<void> {
  const { mode } = await lstat(path);
  const wanted = (mode | needed) & ~specialModes & 0o7777;
  if ((mode & 0o7777) !== wanted) await chmod(path, wanted);
}
