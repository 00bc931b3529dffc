import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, statSync } from 'node:fs';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type Beginning, Download } from './download.ts';
import type { Refusal } from './proxy-guard.ts';
import { isWhole } from './whole-file.ts';

/** Files that nobody asked for in so many days make room. */
const keepDays = 30;

/** A file that is here, or on its way. */
export interface Kept extends Beginning {
  /** All of it, as it comes. */
  bytes(): AsyncIterable<Buffer>;
}

/**
 * Files of Debian archives that never change under their name, kept in a folder: packages (`…/pool/….deb`),
 * and the lists that apt names by their digests (`…/by-hash/SHA256/…`). Several processes may share the
 * folder, since a file appears in it whole.
 */
export class PackageCache {
  readonly stats = { hits: 0, misses: 0 };
  readonly #directory: string;
  readonly #downloads = new Map<string, Download>();
  /** Files that were found whole. */
  readonly #looked = new Set<string>();
  readonly #end = new AbortController();
  readonly #options: { readonly log: (message: string) => void; readonly refuses: Refusal };

  constructor(directory: string, options: { log: (message: string) => void; refuses: Refusal }) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    this.#options = options;
  }

  /** Whether it is one to keep. */
  keeps({ pathname }: URL): boolean {
    return /\/pool\/.*\.u?deb$|\/by-hash\/SHA(256|512)\/[0-9a-f]+$/.test(pathname);
  }

  /** What `url` names, downloaded if it must be; those who want it at once share that. */
  async get(url: URL): Promise<Kept> {
    const name = createHash('sha256')
      .update(url.host + url.pathname)
      .digest('hex');
    const file = join(this.#directory, `${name}.${url.pathname.includes('/by-hash/') ? 'list' : 'deb'}`);
    if (!this.#downloads.has(file) && (await this.#has(file, url))) {
      this.stats.hits++;
      const { size, mtime } = statSync(file);
      await utimes(file, new Date(), mtime).catch(() => undefined);
      return { size, lastModified: mtime.toUTCString(), bytes: () => createReadStream(file) };
    }
    const running = this.#downloads.get(file);
    if (running) this.stats.hits++;
    const download = running ?? this.#download(url, file);
    return { ...(await download.begun), bytes: () => download.bytes() };
  }

  /** Breaks off what is on its way. */
  async close(): Promise<void> {
    this.#end.abort(new Error('the proxy is closed'));
    await Promise.all([...this.#downloads.values()].map(({ ended }) => ended));
  }

  /** A damaged one is removed: it would be served for as long as it is asked for. */
  async #has(file: string, url: URL): Promise<boolean> {
    if (!existsSync(file)) return false;
    if (this.#looked.has(file) || (await isWhole(file, url))) {
      this.#looked.add(file);
      return true;
    }
    this.#options.log(`apt proxy: ${file} is damaged: ${url.href} is fetched again`);
    await rm(file, { force: true });
    return false;
  }

  /** Removes what was not asked for lately. */
  async prune(now = Date.now()): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const file = join(this.#directory, name);
      const { atimeMs, mtimeMs } = await stat(file).catch(() => ({ atimeMs: now, mtimeMs: now }));
      if (now - Math.max(atimeMs, mtimeMs) > keepDays * 86_400_000) await rm(file, { force: true });
    }
  }

  #download(url: URL, file: string): Download {
    this.stats.misses++;
    this.#options.log(`apt proxy: fetching ${url.href}`);
    const download = new Download(url, file, { ...this.#options, signal: this.#end.signal });
    this.#downloads.set(file, download);
    void download.ended.then(() => this.#downloads.delete(file));
    return download;
  }
}
