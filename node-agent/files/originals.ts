import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failureOf, isSystemError } from '../failure.ts';
import { writeDurably } from './durable-file.ts';
import { absent, isAsBefore, lookAt, type Original, putBack } from './original.ts';

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
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    if (!(await exists(this.#record(path)))) {
      const madeFolders = await missingFolders(path);
      writeDurably(
        this.#record(path),
        JSON.stringify({ path, madeFolders, ...(await lookAt(path, this.#bytes(path))) }),
      );
    }
    await mkdir(dirname(path), { recursive: true });
  }

  /** The paths that are kept, sorted. */
  async paths(): Promise<string[]> {
    return (await this.#all()).map((original) => original.path).sort();
  }

  /**
   * Puts everything back as it was, and forgets it. What cannot be put back now is told and kept for the
   * next time, and keeps nothing else from it.
   */
  async restore(): Promise<Restored> {
    const restored: Original[] = [];
    const problems: string[] = [];
    const originals = await this.#all((name) => problems.push(`${name}: it cannot be read`));
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
    await removeEmpty(
      restored.flatMap((original) => original.madeFolders),
      (problem) => problems.push(problem),
    );
    // The records go last: what is put back twice is right, what was forgotten is not.
    for (const { path } of restored) {
      await rm(this.#record(path), { force: true });
      await rm(this.#bytes(path), { force: true });
    }
    return { restored: restored.map(({ path }) => path).sort(), problems };
  }

  /** `unread` is told of records that are not to be understood. */
  async #all(unread: (name: string) => void = () => undefined): Promise<Original[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const records = names.filter((name) => name.endsWith('.json'));
    const read = await Promise.all(
      records.map(async (name) => {
        const file = join(this.#directory, name);
        try {
          return [JSON.parse(await readFile(file, 'utf8')) as Original];
        } catch {
          unread(file);
          return [];
        }
      }),
    );
    return read.flat();
  }

  #record = (path: string): string => join(this.#directory, `${key(path)}.json`);
  #bytes = (path: string): string => join(this.#directory, `${key(path)}.bytes`);
}

const key = (path: string): string => createHash('sha256').update(path).digest('hex').slice(0, 24);

const exists = async (path: string): Promise<boolean> => (await lstat(path).catch(absent)) !== undefined;

/** The folders above `path` that do not exist, the deepest first. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = dirname(path); !(await exists(folder)); folder = dirname(folder)) missing.push(folder);
  return missing;
}

/** The deepest first, as far as nobody else uses them. */
async function removeEmpty(folders: readonly string[], tell: (problem: string) => void): Promise<void> {
  for (const folder of [...new Set(folders)].sort((one, other) => other.length - one.length)) {
    await rmdir(folder).catch((error: unknown) => {
      if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT'))
        tell(`${folder}: it was made, and stays: ${failureOf(error).message}`);
    });
  }
}
