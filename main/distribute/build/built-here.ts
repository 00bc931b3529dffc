import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ProjectFile } from '../../../common/protocol/project-protocol.ts';
import { replaceFile } from '../../store/replace-file.ts';

/** What is remembered of the last build on this host. */
interface Remembered {
  readonly key: string;
  readonly files: readonly ProjectFile[];
}

/** What this host knows of a project's builds, and has of those of nodes. `home`: where its runs lie. */
export class BuiltHere {
  readonly #folder: string;

  constructor(home: string) {
    this.#folder = join(home, '.shakedown/distribute');
  }

  /** What the build of this key left in the project's own folder; undefined where the last was another. */
  leftBy(key: string): readonly ProjectFile[] | undefined {
    try {
      const known = JSON.parse(readFileSync(this.#memory, 'utf8')) as Remembered;
      return known.key === key ? known.files : undefined;
    } catch {
      return undefined;
    }
  }

  remember(known: Remembered): void {
    replaceFile(this.#memory, JSON.stringify(known));
  }

  /** Where the outputs of a node's build are, or will be. */
  folderOf(key: string): string {
    return join(this.#folder, 'built', key.slice(0, 16));
  }

  /** The memory of the digests of files in a folder. */
  get digests(): string {
    return join(this.#folder, 'digests-of-builds.json');
  }

  /** A folder to bring outputs to, before they are whole. */
  newFolder(key: string): string {
    const folder = `${this.folderOf(key)}.${process.pid}`;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Puts a folder with outputs in its place; older ones but the newest few are deleted. */
  keep(key: string, folder: string): void {
    const place = this.folderOf(key);
    rmSync(place, { recursive: true, force: true });
    renameSync(folder, place);
    const all = readdirSync(dirname(place)).map((name) => join(dirname(place), name));
    const age = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    for (const old of all.toSorted((one, other) => age(other) - age(one)).slice(kept)) {
      if (old !== place) rmSync(old, { recursive: true, force: true });
    }
  }

  get #memory(): string {
    return join(this.#folder, 'build.json');
  }
}

const kept = 3;
