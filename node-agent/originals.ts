import { createHash } from 'node:crypto';
import { constants, createReadStream, type Stats } from 'node:fs';
import {
  copyFile,
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ShakedownError } from '../common/errors.ts';
import { syncDirectory, writeDurably } from './durable-file.ts';
import { failureOf, isSystemError } from './failure.ts';
import { cannotBeChanged, replaceFile } from './replace-file.ts';

type Original = { readonly path: string; readonly madeFolders: readonly string[] } & (
  | { readonly kind: 'absent' }
  | { readonly kind: 'link'; readonly target: string; readonly uid: number; readonly gid: number }
  | {
      readonly kind: 'file';
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly atime: number;
      readonly mtime: number;
    }
);

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
      writeDurably(this.#record(path), JSON.stringify({ path, madeFolders, ...(await this.#look(path)) }));
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
        if (!(await this.#isAsBefore(original))) await this.#putBack(original);
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

  async #look(path: string): Promise<object> {
    const stats = await lstat(path).catch(absent);
    if (!stats) return { kind: 'absent' };
    const { uid, gid } = stats;
    if (stats.isSymbolicLink()) return { kind: 'link', target: await readlink(path), uid, gid };
    if (!stats.isFile()) {
      const what = stats.isDirectory() ? 'a folder' : 'no regular file';
      throw new ShakedownError({
        message: `${path} cannot be replaced: ${what} is there`,
        hint: 'give the place of a file',
      });
    }
    await this.#copy(path, this.#bytes(path));
    const [atime, mtime] = [stats.atimeMs / 1000, stats.mtimeMs / 1000];
    return { kind: 'file', mode: stats.mode & 0o7777, uid, gid, atime, mtime };
  }

  async #copy(from: string, to: string): Promise<void> {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    const file = await open(to, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /**
   * Whether nothing was changed: what could not be placed need not be put back,
   * which could not be done either.
   */
  async #isAsBefore(original: Original): Promise<boolean> {
    const { path } = original;
    const stats = await lstat(path).catch(absent);
    if (original.kind === 'absent' || !stats) return original.kind === 'absent' && !stats;
    if (stats.uid !== original.uid || stats.gid !== original.gid) return false;
    if (original.kind === 'link') return stats.isSymbolicLink() && (await readlink(path)) === original.target;
    const alike = stats.isFile() && (stats.mode & 0o7777) === original.mode;
    return alike && stats.mtimeMs === original.mtime * 1000 && (await sameBytes(path, this.#bytes(path)));
  }

  async #putBack(original: Original): Promise<void> {
    const { path } = original;
    try {
      if (original.kind === 'absent') return await rm(path, { force: true });
      await mkdir(dirname(path), { recursive: true });
      if (original.kind === 'link') return await putLinkBack(path, original);
      const { mode, uid, gid, atime, mtime } = original;
      const [owner, times] = [
        { uid, gid },
        { atime, mtime },
      ];
      await replaceFile(path, { from: this.#bytes(path), mode, owner, times });
    } catch (error) {
      throw isSystemError(error, 'EBUSY', 'EROFS', 'EPERM', 'EACCES') ? cannotBeChanged(path, error) : error;
    }
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

function absent(error: unknown): Stats | undefined {
  if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
  throw error;
}

/** The folders above `path` that do not exist, the deepest first. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = dirname(path); !(await exists(folder)); folder = dirname(folder)) missing.push(folder);
  return missing;
}

async function putLinkBack(path: string, { target }: Original & { readonly kind: 'link' }): Promise<void> {
  const temporary = `${path}.shakedown-old`;
  await rm(temporary, { force: true });
  await symlink(target, temporary);
  await rename(temporary, path).catch(async (error: unknown) => {
    await rm(temporary, { force: true });
    throw error;
  });
  syncDirectory(dirname(path));
}

async function sameBytes(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([stat(one), stat(other)]);
  return first.size === second.size && (await digest(one)) === (await digest(other));
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
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
