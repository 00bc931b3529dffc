import { linkSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { ShakedownError } from '../../../common/errors.ts';
import { isDiskFull } from '../../../common/system-errors.ts';
import { PackedReader } from '../../../common/trees/packed-reader.ts';
import { bytesOfPath, type EntryHeader } from '../../../common/trees/tree-entry.ts';
import { writeNewFile } from '../../../common/trees/write-entry.ts';
import { deepest, type Landed, longestPath, mostProblems } from '../../remotes/transfer/landing.ts';
import { pathIn } from '../../remotes/transfer/merge-tree.ts';
import { headerOf } from './packed-header.ts';

/** How much may come. */
export interface LandingBounds {
  readonly maxFiles: number;
}

export interface LandedTree extends Landed {
  /** There were more than `maxFiles`: the rest was left out. */
  readonly cut: boolean;
}

/**
 * Writes a packed tree that a node sends into an empty folder of our own. A node cannot be trusted: nothing
 * comes in but files, folders and links, each under a name of its own below the folder and through no link;
 * nothing that would run as somebody else, or could not be removed. Throws for what is no packed tree, one
 * that was broken off, and what cannot be written here (with the system's error as its cause).
 */
export async function landPacked(
  source: AsyncIterable<Buffer>,
  directory: string,
  { maxFiles }: LandingBounds,
): Promise<LandedTree> {
  const landing = new Landing(Buffer.from(directory));
  const reader = new PackedReader(source);
  for (;;) {
    const header = headerOf(await reader.line());
    if (header === undefined) break;
    if (landing.entries >= maxFiles) return landing.ended(true);
    await landing.take(header, reader);
  }
  return landing.ended(false);
}

class Landing {
  entries = 0;
  readonly #problems: string[] = [];
  #files = 0;
  readonly #root: Buffer;
  /** Folders that were made here, by their packed paths, and when each was changed last. */
  readonly #folders = new Map<string, number | undefined>([['', undefined]]);
  /** Files that were written here. */
  readonly #written = new Set<string>();

  constructor(root: Buffer) {
    this.#root = root;
  }

  async take(header: EntryHeader, reader: PackedReader): Promise<void> {
    this.entries += 1;
    const content = reader.bytes(header.kind === 'file' ? header.size : 0);
    const problem = problemOf(header.path) ?? (await this.#write(header, content));
    if (problem !== undefined) this.#note(header.path, problem);
    // Of what was left out.
    for await (const _ of content);
  }

  /** Folders get their times when all is in them. */
  ended(cut: boolean): LandedTree {
    for (const [path, mtimeMs] of [...this.#folders].toReversed())
      if (mtimeMs !== undefined) utimesSync(this.#at(path), mtimeMs / 1000, mtimeMs / 1000);
    return { files: this.#files, problems: this.#problems, cut };
  }

  /** Gives why it was left out. */
  async #write(header: EntryHeader, content: AsyncIterable<Buffer>): Promise<string | undefined> {
    const { path } = header;
    try {
      if (header.kind === 'folder') return this.#folder(path, header.mtimeMs);
      this.#folder(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
      if (header.kind === 'link') symlinkSync(bytesOfPath(header.target), this.#at(path));
      else if (header.kind === 'again') {
        if (!this.#written.has(header.of)) return 'left out: another name of what did not come';
        linkSync(this.#at(header.of), this.#at(path));
      } else await this.#file(header, content);
      if (header.kind !== 'link') this.#written.add(path);
      this.#files += 1;
      return undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // What came before under the name stays.
      if (code === 'EEXIST' || code === 'ENOTDIR') return 'left out: there is something else of that name';
      if (code === 'ENAMETOOLONG' || code === 'EINVAL') return `left out: ${(error as Error).message}`;
      throw error;
    }
  }

  async #file(header: Extract<EntryHeader, { kind: 'file' }>, content: AsyncIterable<Buffer>): Promise<void> {
    const mode = (header.mode | 0o600) & 0o777;
    try {
      await writeNewFile(this.#at(header.path), { ...header, mode }, content);
    } catch (error) {
      // Half of it, if it was there at all. Of what there is no room for, what fits is kept.
      if (!isDiskFull(error) && (error as NodeJS.ErrnoException).code !== 'EEXIST')
        await rm(this.#at(header.path), { force: true });
      throw error;
    }
  }

  /** Makes a folder with those above it; none of them is a link, for all were made here. */
  #folder(path: string, mtimeMs?: number): undefined {
    if (!this.#folders.has(path)) {
      this.#folder(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
      mkdirSync(this.#at(path));
      this.#folders.set(path, mtimeMs);
    }
  }

  #at(path: string): Buffer {
    return path === '' ? this.#root : pathIn(this.#root, bytesOfPath(path));
  }

  #note(path: string, problem: string): void {
    const name = bytesOfPath(path.slice(0, 200)).toString('utf8');
    if (this.#problems.length < mostProblems) this.#problems.push(`${name}: ${problem}`);
  }
}

/** Why a path is left out, which a node has chosen. */
function problemOf(path: string): string | undefined {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0')))
    throw new ShakedownError({ message: `the node sends an entry of the name '${path.slice(0, 100)}'` });
  if (parts.length > deepest || path.length > longestPath) return '… left out: it is too deep a folder';
  return undefined;
}
