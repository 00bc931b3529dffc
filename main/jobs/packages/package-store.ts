import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { contentsOf, type FileTree, type TreeEntry, treeDigest, treeText } from './file-tree.ts';
import { treeAsTar } from './tree-as-tar.ts';

/** ms between two looks for contents that no tree has. */
const contentsEvery = 3_600_000;

/**
 * Packages on a server's disk, by their digests: tars as they came, and trees, whose files' contents lie here
 * once, however many trees have them.
 */
export class PackageStore {
  readonly #folder: string;
  #contentsLookedAt = Number.NEGATIVE_INFINITY;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Where one that is a tar lies, or is put. */
  tar = (sha256: string): string => join(this.#folder, 'packages', sha256);
  /** Where the content of a file of trees lies, or is put. */
  content = (sha256: string): string => join(this.#folder, 'contents', sha256.slice(0, 2), sha256);
  #tree = (sha256: string): string => join(this.#folder, 'trees', sha256);

  has = (sha256: string): boolean => existsSync(this.tar(sha256)) || existsSync(this.#tree(sha256));

  /** As a tar, be it one or a tree. Throws as the file system does. */
  read(sha256: string): Readable {
    if (existsSync(this.tar(sha256))) return createReadStream(this.tar(sha256));
    return treeAsTar(this.#entries(sha256), this.content);
  }

  /** Which of these contents are not here. The others stay, as if they had come now. */
  async missing(contents: readonly string[]): Promise<string[]> {
    const lacking: string[] = [];
    for (const sha256 of new Set(contents)) {
      if (!(await this.#renew(this.content(sha256)))) lacking.push(sha256);
    }
    return lacking;
  }

  /** Bytes of what is in the files of a tree, all of which are here. */
  async sizeOf(tree: FileTree): Promise<number> {
    let size = 0;
    for (const sha256 of contentsOf(tree.entries)) size += (await stat(this.content(sha256))).size;
    return size;
  }

  /** Keeps a tree, all of whose contents are here, and gives its digest. */
  async putTree(tree: FileTree): Promise<string> {
    const sha256 = treeDigest(tree);
    const file = this.#tree(sha256);
    if (await this.#renew(file)) return sha256;
    await mkdir(join(this.#folder, 'trees'), { recursive: true, mode: 0o700 });
    const aside = `${file}.${randomUUID()}`;
    await writeFile(aside, treeText(tree), { mode: 0o600, flush: true });
    await rename(aside, file);
    return sha256;
  }

  /**
   * Those that are `used`, and what came in the last `days`, stay; so do uploads under way. Contents that no
   * tree has any more go within the hour: to know them, all trees are read.
   */
  async removeUnused(used: ReadonlySet<string>, days: number): Promise<void> {
    const oldest = Date.now() - days * 86_400_000;
    await removeOthers(join(this.#folder, 'packages'), used, oldest);
    await removeOthers(join(this.#folder, 'trees'), used, oldest);
    if (performance.now() - this.#contentsLookedAt < contentsEvery) return;
    this.#contentsLookedAt = performance.now();
    const trees = await namesIn(join(this.#folder, 'trees'));
    const contents = new Set(
      trees.filter((name) => /^\w+$/.test(name)).flatMap((name) => contentsOf(this.#entries(name))),
    );
    for (const prefix of await namesIn(join(this.#folder, 'contents'))) {
      await removeOthers(join(this.#folder, 'contents', prefix), contents, oldest);
    }
  }

  #entries = (sha256: string): readonly TreeEntry[] =>
    JSON.parse(readFileSync(this.#tree(sha256), 'utf8')) as TreeEntry[];

  /** False where it is not there. */
  async #renew(file: string): Promise<boolean> {
    const now = new Date();
    return await utimes(file, now, now).then(
      () => true,
      () => false,
    );
  }
}

async function removeOthers(folder: string, used: ReadonlySet<string>, oldest: number): Promise<void> {
  for (const name of await namesIn(folder)) {
    const { mtimeMs } = await stat(join(folder, name));
    if (!used.has(name) && mtimeMs < oldest) await rm(join(folder, name));
  }
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
