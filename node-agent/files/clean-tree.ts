import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmdirSync,
  type Stats,
  unlinkSync,
} from 'node:fs';
import { unlink } from 'node:fs/promises';
import { setImmediate as breath } from 'node:timers/promises';
import { ShakedownError } from '../../common/errors.ts';
import { fileDigest } from '../../common/files/file-digest.ts';
import type { TreeEntry } from '../../common/protocol/placed-files.ts';
import { mountPoints } from '../proc/mounts.ts';

/**
 * Makes a folder hold nothing but those of `keep` that are there already, byte for byte, with their mode and
 * with the folder's own owner; gives their paths. Makes the folder if it is missing. Never follows a link;
 * names may have any bytes. Throws ShakedownError where something is mounted inside, before it removes
 * anything.
 */
export async function cleanTree(
  directory: string,
  keep: readonly TreeEntry[],
  signal?: AbortSignal,
): Promise<string[]> {
  mkdirSync(directory, { recursive: true });
  refuseMounts(directory);
  const { uid } = lstatSync(directory);
  const wanted = new Map(keep.map((entry) => [entry.path, entry]));
  for (const { path } of keep) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const above = path.slice(0, end);
      if (!wanted.has(above)) wanted.set(above, { path: above, type: 'directory', mode: -1 });
    }
  }
  const named = new Set(keep.map((entry) => entry.path));
  const unchanged: string[] = [];
  const cleaner = new Cleaner(uid, wanted, (path) => named.has(path) && unchanged.push(path), signal);
  await cleaner.clean(Buffer.from(directory), '');
  return unchanged.sort();
}

function refuseMounts(directory: string): void {
  const inside = mountPoints().find((point) => point.startsWith(`${directory}/`));
  if (inside === undefined) return;
  throw new ShakedownError({
    message: `something is mounted on ${inside}, in the working directory`,
    hint: `unmount it on the node (\`umount ${inside}\`), or choose another working directory`,
  });
}

const slash = Buffer.from('/');
const below = (folder: Buffer, name: Buffer): Buffer => Buffer.concat([folder, slash, name]);

/** Other calls must not wait for a tree of a million files, nor for the blocks of a large one. */
const [breathEvery, largeFile] = [200, 64 * 1024 ** 2];

class Cleaner {
  readonly #owner: number;
  readonly #wanted: ReadonlyMap<string, TreeEntry>;
  readonly #unchanged: (path: string) => void;
  readonly #signal: AbortSignal | undefined;
  #seen = 0;

  constructor(
    owner: number,
    wanted: ReadonlyMap<string, TreeEntry>,
    unchanged: (path: string) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#owner = owner;
    this.#wanted = wanted;
    this.#unchanged = unchanged;
    this.#signal = signal;
  }

  async clean(folder: Buffer, prefix: string): Promise<void> {
    for (const name of readdirSync(folder, { encoding: 'buffer' })) {
      await this.#breathe();
      const path = below(folder, name);
      const stats = lstatSync(path);
      const text = name.toString('utf8');
      // A name that is no UTF-8 cannot be wanted; decoding it could make it look like one that is.
      const relative = Buffer.from(text).equals(name) ? `${prefix}${text}` : undefined;
      const entry = relative === undefined ? undefined : this.#wanted.get(relative);
      if (relative === undefined || !entry || !(await this.#isSo(path, stats, entry))) {
        await this.#remove(path, stats);
        continue;
      }
      if (entry.type === 'directory') await this.clean(path, `${relative}/`);
      this.#unchanged(relative);
    }
  }

  async #isSo(path: Buffer, stats: Stats, entry: TreeEntry): Promise<boolean> {
    if (stats.uid !== this.#owner) return false;
    if (entry.type === 'link') return stats.isSymbolicLink() && readlinkSync(path) === entry.content;
    if (entry.type === 'directory') {
      if (!stats.isDirectory()) return false;
      // What is in it may be right: the mode alone is mended.
      if (entry.mode >= 0 && (stats.mode & 0o7777) !== entry.mode) chmodSync(path, entry.mode);
      return true;
    }
    if (!stats.isFile() || (stats.mode & 0o7777) !== entry.mode) return false;
    return (await fileDigest(path)) === entry.content;
  }

  async #remove(path: Buffer, stats: Stats): Promise<void> {
    if (!stats.isDirectory()) {
      if (stats.size < largeFile) unlinkSync(path);
      else await unlink(path);
      return;
    }
    for (const name of readdirSync(path, { encoding: 'buffer' })) {
      await this.#breathe();
      const child = below(path, name);
      await this.#remove(child, lstatSync(child));
    }
    rmdirSync(path);
  }

  async #breathe(): Promise<void> {
    this.#signal?.throwIfAborted();
    this.#seen += 1;
    if (this.#seen % breathEvery === 0) await breath();
  }
}
