import { lstatSync, readFileSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDigest } from '../../../common/files/file-digest.ts';
import type { ProjectFile } from '../../../common/protocol/project-protocol.ts';
import { sideBySide } from '../../../common/side-by-side.ts';
import { replaceFile } from '../../store/replace-file.ts';

/** A project's files with their digests. */
export interface Manifest {
  readonly files: readonly ProjectFile[];
  /** Bytes of each, in the same order. */
  readonly sizes: readonly number[];
  /** The folder here that each lies in, in the same order. */
  readonly folders: readonly string[];
}

/** Both together; what both have is as in `more`. */
export function withMore(project: Manifest, more: Manifest): Manifest {
  const own = new Set(more.files.map(([path]) => path));
  const kept = project.files.flatMap(([path], index) => (own.has(path) ? [] : [index]));
  const of = <Value>(all: readonly Value[]) => kept.flatMap((index) => all[index] ?? []) as Value[];
  return {
    files: [...kept.map((index) => project.files[index] as ProjectFile), ...more.files],
    sizes: [...of(project.sizes), ...more.sizes],
    folders: [...of(project.folders), ...more.folders],
  };
}

/** By path: what a file was when it was last read, and its digest. */
type Digests = Record<string, readonly [marks: string, sha256: string]>;

/** Files that are read at once. */
const atOnce = 16;

/**
 * Reads the digests of a project's files; what has not changed since the last time is not
 * read again: `memory` is the file that remembers it. A file that vanishes meanwhile is left
 * out. Throws as the file system does.
 */
export async function makeManifest(
  directory: string,
  paths: readonly string[],
  memory: string,
  signal: AbortSignal,
): Promise<Manifest> {
  const known = remembered(memory);
  const digests: Digests = {};
  const found = await sideBySide(paths, atOnce, signal, async (path) => {
    const file = join(directory, path);
    // Listed a moment ago, so the kernel knows it: to wait for another thread would take longer.
    const stats = lstatSync(file, { bigint: true, throwIfNoEntry: false });
    if (!stats) return undefined;
    const entry = (mode: number, content: string, size: number) => ({
      file: [path, mode, content] as ProjectFile,
      size,
    });
    if (stats.isSymbolicLink()) return entry(0o777, `->${await readlink(file)}`, 0);
    const marks = [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ');
    const before = known[path];
    const digest = before?.[0] === marks ? before[1] : await fileDigest(file).catch(unlessGone);
    if (digest === undefined) return undefined;
    digests[path] = [marks, digest];
    return entry(Number(stats.mode & 0o777n), digest, Number(stats.size));
  });
  replaceFile(memory, JSON.stringify(digests));
  const there = found.flatMap((each) => each ?? []);
  return {
    files: there.map(({ file }) => file),
    sizes: there.map(({ size }) => size),
    folders: there.map(() => directory),
  };
}

function remembered(file: string): Digests {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Digests;
  } catch {
    return {};
  }
}

function unlessGone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
