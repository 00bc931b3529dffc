import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { failureOf, isSystemError } from '../failure.ts';
import { removeIfThere } from './copy-durably.ts';
import { writeDurably } from './durable-file.ts';
import { isAsBefore, lookAt, type Original, putBack } from './original.ts';

/** What became of the files that were kept. */
export interface Restored {
  /** The paths that are as they were, sorted. */
  readonly restored: readonly string[];
  /** The others, each with why it is not. */
  readonly problems: readonly string[];
}

/**
 * Files of the node as they were before the agent changed them: bytes, mode, owner, times, or that they were
 * not there. Kept on disk, so that another agent can put them back. ACLs and extended attributes are not
 * kept.
 */
export class Originals {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Keeps what is at `path` (unless it is kept already) and makes the folders above it. On disk when it
   * resolves, and before anything is changed. Throws ShakedownError when something other than a file or a
   * link is there.
   */
  async keep(path: string): Promise<void> {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    if (!isThere(this.#record(path))) {
      const madeFolders = missingFolders(path);
      writeDurably(
        this.#record(path),
        JSON.stringify({ path, madeFolders, ...(await lookAt(path, this.#bytes(path))) }),
      );
    }
    mkdirSync(dirname(path), { recursive: true });
  }

  /** The paths that are kept, sorted. */
  async paths(): Promise<string[]> {
    return this.#all()
      .map((original) => original.path)
      .sort();
  }

  /**
   * Puts everything back as it was, and forgets it. What cannot be put back now is told and kept for the
   * next time, and keeps nothing else from it.
   */
  async restore(): Promise<Restored> {
    const restored: Original[] = [];
    const problems: string[] = [];
    const originals = this.#all((name) => problems.push(`${name}: it cannot be read`));
    for (const original of originals) {
      try {
        const bytes = this.#bytes(original.path);
        if (!(await isAsBefore(original, bytes))) await putBack(original, bytes);
        restored.push(original);
      } catch (error) {
        const { message } = failureOf(error);
        problems.push(message.includes(original.path) ? message : `${original.path}: ${message}`);
      }
    }
    removeEmpty(
      restored.flatMap((original) => original.madeFolders),
      (problem) => problems.push(problem),
    );
    // The records go last: what is put back twice is right, what was forgotten is not.
    for (const { path } of restored) {
      removeIfThere(this.#record(path));
      removeIfThere(this.#bytes(path));
    }
    return { restored: restored.map(({ path }) => path).sort(), problems };
  }

  /** `unread` is told of records that are not to be understood. */
  #all(unread: (name: string) => void = () => undefined): Original[] {
    const records = namesIn(this.#directory).filter((name) => name.endsWith('.json'));
    return records.flatMap((name) => {
      const file = join(this.#directory, name);
      try {
        return [JSON.parse(readFileSync(file, 'utf8')) as Original];
      } catch {
        unread(file);
        return [];
      }
    });
  }

  #record = (path: string): string => join(this.#directory, `${key(path)}.json`);
  #bytes = (path: string): string => join(this.#directory, `${key(path)}.bytes`);
}

const key = (path: string): string => createHash('sha256').update(path).digest('hex').slice(0, 24);

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** The folders above `path` that do not exist, the deepest first. */
function missingFolders(path: string): string[] {
  const missing: string[] = [];
  for (let folder = dirname(path); !isThere(folder); folder = dirname(folder)) missing.push(folder);
  return missing;
}

/** The deepest first, as far as nobody else uses them. */
function removeEmpty(folders: readonly string[], tell: (problem: string) => void): void {
  for (const folder of [...new Set(folders)].sort((one, other) => other.length - one.length)) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT'))
        tell(`${folder}: it was made, and stays: ${failureOf(error).message}`);
    }
  }
}
