import { chmod, mkdir, readlink, rm, rmdir, unlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { ShakedownError } from '../../common/errors.ts';
import { fileDigest } from '../../common/files/file-digest.ts';
import type { ProjectFile, ProjectPlan } from '../../common/protocol/project-protocol.ts';
import { sideBySide } from '../../common/side-by-side.ts';
import type { AgentState } from '../agent-state.ts';
import { removeOldPlaces } from './old-places.ts';
import { isLink, lookAt, SyncedFiles } from './synced-files.ts';

/** Files that are looked at at once. */
const atOnce = 16;

/**
 * A project's folder on the node. What an earlier sync brought and the project has no more is deleted; what
 * tests and hooks made there stays. A file is known by its digest: one that something changed since is sent
 * again.
 */
export class SyncedProject {
  readonly #directory: string;
  readonly #state: string;
  readonly #synced: SyncedFiles;
  #manifest: readonly ProjectFile[] = [];
  #missing: readonly number[] = [];

  constructor(directory: string, state: AgentState) {
    this.#directory = resolve(homedir(), directory);
    this.#state = state.directory;
    this.#synced = new SyncedFiles(state);
  }

  /**
   * Clears the way for the files of the manifest, and says which of them must be sent. Throws ShakedownError
   * where a folder that no sync brought stands in the way.
   */
  async plan(manifest: Readable, signal: AbortSignal): Promise<ProjectPlan> {
    this.#manifest = (await json(manifest)) as readonly ProjectFile[];
    await mkdir(this.#directory, { recursive: true });
    // Nobody waits for it.
    void removeOldPlaces(dirname(this.#directory), this.#state);
    const wanted = new Set(this.#manifest.map(([path]) => path));
    const stale = this.#synced.paths.filter((path) => !wanted.has(path));
    const deleted = await this.#delete(stale, signal);
    await this.#clearFolders();
    const missing: number[] = [];
    await sideBySide([...this.#manifest.entries()], atOnce, signal, async ([index, file]) => {
      if (!(await this.#isThere(file))) missing.push(index);
    });
    this.#missing = missing.sort((one, other) => one - other);
    for (const index of this.#missing) this.#synced.expect(this.#manifest[index]?.[0] ?? '');
    this.#synced.save();
    return { directory: this.#directory, missing: this.#missing, deleted };
  }

  /** Looks at what came; gives the places of files that are not what the manifest says. */
  async check(signal: AbortSignal): Promise<readonly number[]> {
    const wrong: number[] = [];
    await sideBySide(this.#missing, atOnce, signal, async (index) => {
      const file = this.#manifest[index];
      if (file && !(await this.#isThere(file))) wrong.push(index);
    });
    this.#synced.save();
    return wrong.sort((one, other) => one - other);
  }

  async #isThere(file: ProjectFile): Promise<boolean> {
    const [path, mode, content] = file;
    const full = join(this.#directory, path);
    const stats = await lookAt(full);
    if (!stats) return false;
    if (stats.isDirectory()) {
      if (await isEmptied(full)) return false;
      throw inTheWay(full);
    }
    if (isLink(file)) return stats.isSymbolicLink() && `->${await readlink(full)}` === content;
    if (!stats.isFile()) return false;
    const known = this.#synced.contentOf(path, stats);
    if ((known ?? (await fileDigest(full))) !== content) return false;
    const otherMode = Number(stats.mode & 0o777n) !== mode;
    if (otherMode) await chmod(full, mode);
    if (otherMode || known === undefined) this.#synced.know(path, content, (await lookAt(full)) ?? stats);
    return true;
  }

  /** Files of earlier syncs, and the folders that are empty without them. */
  async #delete(paths: readonly string[], signal: AbortSignal): Promise<number> {
    const detours = await this.#detours(paths);
    await sideBySide(paths, atOnce, signal, async (path) => {
      const away = detours.some((detour) => path.startsWith(`${detour}/`));
      if (!away) await unlink(join(this.#directory, path)).catch(unlessGone);
      this.#synced.forget(path);
    });
    for (const folder of foldersOf(paths).toSorted((one, other) => other.length - one.length)) {
      // What tests made in it keeps it.
      await rmdir(join(this.#directory, folder)).catch(() => undefined);
    }
    return paths.length;
  }

  /** Folders in whose place something put a link or a file: what lies behind them no sync brought. */
  async #detours(paths: readonly string[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const folder of foldersOf(paths)) {
      const stats = await lookAt(join(this.#directory, folder));
      if (stats && !stats.isDirectory()) found.push(folder);
    }
    return found;
  }

  /**
   * Where the project has folders, files and links of any origin make room: nothing is written through them.
   */
  async #clearFolders(): Promise<void> {
    for (const folder of foldersOf(this.#manifest.map(([path]) => path))) {
      const full = join(this.#directory, folder);
      const stats = await lookAt(full);
      if (stats && !stats.isDirectory()) await rm(full, { force: true });
    }
  }
}

/** All folders that paths lead through, the outer ones first. */
function foldersOf(paths: readonly string[]): string[] {
  const found = new Set<string>();
  for (const path of paths) {
    for (let folder = dirname(path); folder !== '.' && !found.has(folder); folder = dirname(folder)) {
      found.add(folder);
    }
  }
  return [...found].sort((one, other) => one.length - other.length);
}

const isEmptied = (folder: string): Promise<boolean> =>
  rmdir(folder).then(
    () => true,
    () => false,
  );

function unlessGone(error: NodeJS.ErrnoException): void {
  // A folder that tests made in a file's place is not what a sync brought.
  if (!['ENOENT', 'ENOTDIR', 'EISDIR', 'EPERM'].includes(error.code ?? '')) throw error;
}

const inTheWay = (folder: string): ShakedownError =>
  new ShakedownError({
    message: `a folder that no sync brought stands where the project has a file: ${folder}`,
    hint: `on the node: rm -r '${folder}'`,
  });
