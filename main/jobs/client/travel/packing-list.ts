import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { entryProblem } from '../../packages/bounds.ts';
import { neverTravels } from '../../packages/package-folder.ts';

/** What travels as it lies here. */
export interface PackedEntry {
  /** Absolute, no link. */
  readonly from: string;
  readonly type: 'file' | 'folder' | 'link';
  readonly mode: number;
  /** Bytes of a file. */
  readonly size: number;
  /** Where a link leads to. */
  readonly target?: string;
}

/** Which files travel with a job, and at which place in its package. */
export class PackingList {
  /** By their paths in the package. */
  readonly entries = new Map<string, PackedEntry>();
  /** What should travel and cannot, each in a sentence. */
  readonly problems = new Set<string>();
  /** What was found and is nothing that travels: sockets and their like. */
  readonly leftOut = new Set<string>();
  readonly #without: ReadonlySet<string>;
  /** Places at which secrets are put where the job runs. */
  readonly #secret = new Set<string>();

  /** `without`: files (absolute) that do not travel, for they hold secrets. */
  constructor(without: ReadonlySet<string> = new Set()) {
    this.#without = without;
  }

  /**
   * A file, or a folder with all that is in it, but what is made anew where it is needed. Where a link is
   * named, what it leads to travels under its name. `path`: its place in the package, empty for all of it.
   */
  add(from: string, path: string): void {
    const real = attempt(() => realpathSync(from));
    if (real instanceof Error) this.problems.add(unreadable(from, real));
    else this.#take(real, path, isNeeded(from));
  }

  /** A file or a link, which stays one; nothing where there is nothing any more. */
  addAsItLies(from: string, path: string): void {
    if (lstatSync(from, { throwIfNoEntry: false })) this.#take(from, path, false);
  }

  /** Bytes of all files. */
  get size(): number {
    return this.files.reduce((sum, { size }) => sum + size, 0);
  }

  get files(): readonly PackedEntry[] {
    return [...this.entries.values()].filter(({ type }) => type === 'file');
  }

  /** Looks where the links lead to, once all is there. */
  checkLinks(): void {
    const folders = new Set([...this.entries.keys()].flatMap(foldersAbove));
    for (const [path, { type, from, target = '' }] of this.entries) {
      if (type !== 'link') continue;
      const to = normalize(join(dirname(path), target));
      const leadsToOurs = to.split('/').includes('.shakedown');
      const isThere = [this.entries, folders, this.#secret].some((known) => known.has(to.replace(/\/$/, '')));
      const leadsOut = entryProblem({ path, type: 'SymbolicLink', linkpath: target }) !== undefined;
      // Of a run's own links: what they lead to stays behind.
      if (leadsToOurs) this.entries.delete(path);
      else if (leadsOut || (!isThere && exists(from))) {
        this.problems.add(`${from} leads to ${target}, which does not travel with it`);
      }
    }
  }

  #take(from: string, path: string, withModules: boolean): void {
    const stats = attempt(() => lstatSync(from));
    if (stats instanceof Error) this.problems.add(unreadable(from, stats));
    else if (this.#without.has(from)) this.#secret.add(path);
    else if (stats.isDirectory()) this.#takeFolder(from, path, stats, withModules);
    else if (stats.isSymbolicLink()) {
      this.entries.set(path, { from, type: 'link', mode: 0o777, size: 0, target: readlinkSync(from) });
    } else if (stats.isFile()) {
      const wrong = attempt(() => closeSync(openSync(from, 'r')));
      if (wrong) this.problems.add(unreadable(from, wrong));
      this.entries.set(path, { from, type: 'file', mode: stats.mode & 0o777, size: stats.size });
    } else this.leftOut.add(`${from} (${kind(stats)})`);
  }

  #takeFolder(from: string, path: string, stats: Stats, withModules: boolean): void {
    if (path !== '') this.entries.set(path, { from, type: 'folder', mode: stats.mode & 0o777, size: 0 });
    const names = attempt(() => readdirSync(from));
    if (names instanceof Error) {
      this.problems.add(unreadable(from, names));
      return;
    }
    for (const name of names) {
      const stays = neverTravels.has(name) && !(withModules && name === 'node_modules');
      if (!stays) this.#take(join(from, name), path === '' ? name : `${path}/${name}`, withModules);
    }
  }
}

/** A secret's file is found under the name by which it is named, and under that which it has. */
export const bothNames = (files: readonly string[]): ReadonlySet<string> =>
  new Set(files.flatMap((file) => [file, realpathSync(file)]));

/** Packages of npm travel where they are named. */
const isNeeded = (named: string): boolean =>
  basename(named) === 'node_modules' || named.split('/').includes('node_modules');

function attempt<T>(act: () => T): T | Error {
  try {
    return act();
  } catch (error) {
    return error as Error;
  }
}

const exists = (link: string): boolean => !(attempt(() => realpathSync(link)) instanceof Error);

function unreadable(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return `${path} is not there`;
  return `${path} cannot be read: ${code === 'EACCES' ? 'permission denied' : message}`;
}

const kind = (stats: Stats): string =>
  stats.isSocket() ? 'a socket' : stats.isFIFO() ? 'a named pipe' : 'a device';

function foldersAbove(path: string): readonly string[] {
  const above = dirname(path);
  return above === '.' ? ['.'] : [above, ...foldersAbove(above)];
}
