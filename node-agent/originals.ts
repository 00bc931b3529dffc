import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import {
  chmod,
  chown,
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
  symlink,
  utimes,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ShakedownError } from '../common/errors.ts';
import { syncDirectory, writeDurably } from './durable-file.ts';
import { isSystemError } from './failure.ts';

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

  /** Puts everything back as it was, and forgets it. Gives the paths, sorted. */
  async restore(): Promise<string[]> {
    const originals = await this.#all();
    for (const original of originals) await this.#putBack(original);
    await removeEmpty(originals.flatMap((original) => original.madeFolders));
    // The records go last: what is put back twice is right, what was forgotten is not.
    for (const { path } of originals) {
      await rm(this.#record(path), { force: true });
      await rm(this.#bytes(path), { force: true });
    }
    return originals.map((original) => original.path).sort();
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

  async #putBack(original: Original): Promise<void> {
    const { path } = original;
    if (original.kind === 'absent') return rm(path, { force: true });
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.shakedown-old`;
    await rm(temporary, { force: true });
    if (original.kind === 'link') await symlink(original.target, temporary);
    else {
      await this.#copy(this.#bytes(path), temporary);
      await chown(temporary, original.uid, original.gid);
      await chmod(temporary, original.mode);
      await utimes(temporary, original.atime, original.mtime);
    }
    await rename(temporary, path);
    syncDirectory(dirname(path));
  }

  async #all(): Promise<Original[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const records = names.filter((name) => name.endsWith('.json'));
    return Promise.all(
      records.map(
        async (name) => JSON.parse(await readFile(join(this.#directory, name), 'utf8')) as Original,
      ),
    );
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

/** The deepest first, as far as nobody else uses them. */
async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of [...new Set(folders)].sort((one, other) => other.length - one.length)) {
    await rmdir(folder).catch((error: unknown) => {
      if (!isSystemError(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) throw error;
    });
  }
}
