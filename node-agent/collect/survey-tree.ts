import { accessSync, constants, type Dirent, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { ShakedownError } from '../../common/errors.ts';
import { isPseudoFile, pseudoFile } from '../../common/files/pseudo-files.ts';

export interface Survey {
  /** The fewest paths that hold all that may travel and nothing else. */
  readonly paths: readonly string[];
  readonly problems: readonly string[];
}

/**
 * Looks through a tree, without following links, for what cannot travel (sockets, pipes, devices, unreadable
 * files) or shall not (larger than `maxFileSize` bytes; of a sparse file what it takes on disk counts). A
 * folder without any of those stands for all that is in it.
 */
export async function surveyTree(root: string, maxFileSize: number, signal?: AbortSignal): Promise<Survey> {
  const problems: string[] = [];
  if (isPseudoFile(root)) return { paths: [], problems: [pseudoFile(root)] };
  let seen = 0;
  const breathe = async () => {
    seen += 1;
    if (seen % 1000 !== 0) return;
    signal?.throwIfAborted();
    // Other calls and the connection must not wait for a tree of a million files.
    await new Promise((resolve) => setImmediate(resolve));
  };

  /** The paths to take, or undefined when all of it may be taken as one. */
  const survey = async (path: string, kind: Kind): Promise<readonly string[] | undefined> => {
    await breathe();
    if (kind !== 'folder') {
      const problem = problemOf(path, kind, maxFileSize);
      if (problem === undefined) return undefined;
      problems.push(problem);
      return [];
    }
    const entries = list(path);
    if (typeof entries === 'string') {
      problems.push(entries);
      return [];
    }
    const parts: { path: string; taken: readonly string[] | undefined; utf8: boolean }[] = [];
    for (const entry of entries) {
      const name = entry.name.toString('utf8');
      const child = `${path === '/' ? '' : path}/${name}`;
      const utf8 = Buffer.from(name).equals(entry.name);
      parts.push({ path: child, utf8, taken: utf8 ? await survey(child, kindOf(entry)) : undefined });
    }
    if (parts.every((part) => part.taken === undefined)) return undefined;
    for (const part of parts.filter((one) => !one.utf8)) {
      problems.push(`${part.path}: its name is not UTF-8, and its folder cannot travel as a whole`);
    }
    return parts.filter((part) => part.utf8).flatMap((part) => part.taken ?? [part.path]);
  };

  const paths = (await survey(root, kindOf(statOf(root)))) ?? [root];
  return { paths, problems };
}

type Kind = 'folder' | 'file' | 'link' | 'socket' | 'pipe' | 'device';

interface Typed {
  isDirectory(): boolean;
  isFile(): boolean;
  isSymbolicLink(): boolean;
  isSocket(): boolean;
  isFIFO(): boolean;
}

function statOf(path: string): Typed {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats) return stats;
  throw new ShakedownError({ message: `${path} vanished while the collection was planned` });
}

function kindOf(entry: Typed): Kind {
  if (entry.isDirectory()) return 'folder';
  if (entry.isFile()) return 'file';
  if (entry.isSymbolicLink()) return 'link';
  if (entry.isSocket()) return 'socket';
  return entry.isFIFO() ? 'pipe' : 'device';
}

function problemOf(path: string, kind: Kind, maxFileSize: number): string | undefined {
  try {
    if (kind === 'link') return void readlinkSync(path);
    if (kind !== 'file') return `${path}: a ${kind} cannot travel`;
    accessSync(path, constants.R_OK);
    const stats = lstatSync(path);
    const size = Math.min(stats.size, stats.blocks * 512);
    return size > maxFileSize
      ? `${path}: ${size} bytes, more than the ${maxFileSize} that may travel`
      : undefined;
  } catch (error) {
    return `${path}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function list(path: string): Dirent<Buffer>[] | string {
  try {
    return readdirSync(path, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    return `${path}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
