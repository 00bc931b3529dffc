import type { Stats } from 'node:fs';
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AgentMethods } from '../../common/protocol.ts';
import { chunksOf, openFile, readAtOnce, smallFile } from '../../common/trees/file-content.ts';
import { packTree } from '../../common/trees/pack-tree.ts';
import { type PackedEntry, packedPath } from '../../common/trees/tree-entry.ts';

/** What was left out while a tree was packed. */
export interface LeftOut {
  /** Sentences. */
  readonly problems: string[];
  /** Absolute paths of files with large holes, which would travel as zeros. */
  readonly sparse: string[];
}

/**
 * More problems than these are counted and not named; of files with holes those past it are left out, too.
 */
const [mostProblems, mostSparse] = [200, 10_000];

/** Sends the entries of some paths as a packed tree; see AgentMethods.pack. */
export async function sendPaths(
  base: string,
  paths: readonly string[],
  sink: Writable,
  signal: AbortSignal,
): Promise<AgentMethods['pack']['result']> {
  const leftOut: LeftOut = { problems: [], sparse: [] };
  await pipeline(Readable.from(packTree(packPaths(base, paths, leftOut))), sink, { signal });
  const { problems, sparse } = leftOut;
  problems.push(...sparse.slice(mostSparse).map((path) => `${path}: there are too many files with holes`));
  const more = problems.length - mostProblems;
  const told = more > 0 ? [...problems.slice(0, mostProblems), `… and ${more} more`] : problems;
  return { problems: told, sparse: sparse.slice(0, mostSparse) };
}

/** Bytes from which holes count. */
const largeFile = 8 * 1024 * 1024;

/**
 * The entries of some absolute paths, by their names below `base`: a folder with all that is in it. What
 * cannot travel, or is gone by now, is told in `leftOut`.
 */
export async function* packPaths(
  base: string,
  paths: readonly string[],
  leftOut: LeftOut,
): AsyncGenerator<PackedEntry, void, undefined> {
  const seen = new Map<string, string>();
  // A list of its own: a tree may be deeper than a stack.
  const waiting: Buffer[] = paths.map((path) => Buffer.from(path)).reverse();
  for (let path = waiting.pop(); path; path = waiting.pop()) {
    const name = packedPath(path);
    try {
      const stats = lstatSync(path);
      const header = { path: posix.relative(packedPath(base), name) };
      const { mtimeMs } = stats;
      const mode = stats.mode & 0o7777;
      if (stats.isDirectory()) {
        if (header.path !== '') yield { header: { ...header, kind: 'folder', mode, mtimeMs } };
        const names = readdirSync(path, { encoding: 'buffer' }).sort(Buffer.compare).reverse();
        for (const each of names) waiting.push(Buffer.concat([path, slash, each]));
      } else if (stats.isSymbolicLink()) {
        const target = packedPath(readlinkSync(path, { encoding: 'buffer' }));
        yield { header: { ...header, kind: 'link', target } };
      } else if (!stats.isFile()) {
        leftOut.problems.push(`${path}: it is no file, and cannot travel`);
      } else if (isSparse(stats)) {
        leftOut.sparse.push(path.toString());
      } else {
        const id = `${stats.dev}:${stats.ino}`;
        const of = stats.nlink > 1 ? seen.get(id) : undefined;
        seen.set(id, header.path);
        if (of === undefined)
          yield* fileEntry(path, { ...header, kind: 'file', mode, mtimeMs, size: stats.size });
        else yield { header: { ...header, kind: 'again', of } };
      }
    } catch (error) {
      leftOut.problems.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

const slash = Buffer.from('/');

const isSparse = ({ size, blocks }: Stats): boolean => size >= largeFile && blocks * 512 < size;

type FileHeader = Extract<PackedEntry['header'], { kind: 'file' }>;

async function* fileEntry(path: Buffer, header: FileHeader): AsyncGenerator<PackedEntry, void, undefined> {
  if (header.size <= smallFile) {
    yield { header, content: [readAtOnce(path, header.size)] };
    return;
  }
  // Opened before its header is told: what cannot be read is left out.
  await using file = await openFile(path);
  yield { header, content: chunksOf(file) };
}
