import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, existsSync, mkdirSync, statSync } from 'node:fs';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { guardedLookup, problem, type Refusal } from './proxy-guard.ts';

/** Files that nobody asked for in so many days make room. */
const keepDays = 30;

/**
 * Files of Debian archives that never change under their name, kept in a folder: packages (`…/pool/….deb`),
 * and the lists that apt names by their digests (`…/by-hash/SHA256/…`). Several processes may share the
 * folder, since a file appears in it whole.
 */
export class PackageCache {
  readonly stats = { hits: 0, misses: 0 };
  readonly #directory: string;
  readonly #downloads = new Map<string, Promise<string>>();
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

  /**
   * The path of the file with what `url` names, downloaded if it must be;
   * those who want it at once share that.
   */
  async file(url: URL): Promise<string> {
    const name = createHash('sha256')
      .update(url.host + url.pathname)
      .digest('hex');
    const file = join(this.#directory, `${name}.${url.pathname.includes('/by-hash/') ? 'list' : 'deb'}`);
    if (existsSync(file)) {
      this.stats.hits++;
      await utimes(file, new Date(), statSync(file).mtime).catch(() => undefined);
      return file;
    }
    const running = this.#downloads.get(file);
    if (running) {
      this.stats.hits++;
      return running;
    }
    this.stats.misses++;
    this.#options.log(`apt proxy: fetching ${url.href}`);
    const started = this.#download(url, file).finally(() => this.#downloads.delete(file));
    this.#downloads.set(file, started);
    return started;
  }

  /** Removes what was not asked for lately. */
  async prune(now = Date.now()): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      const file = join(this.#directory, name);
      const { atimeMs, mtimeMs } = await stat(file).catch(() => ({ atimeMs: now, mtimeMs: now }));
      if (now - Math.max(atimeMs, mtimeMs) > keepDays * 86_400_000) await rm(file, { force: true });
    }
  }

  async #download(url: URL, file: string): Promise<string> {
    const part = `${file}.${randomUUID()}.part`;
    try {
      const upstream = await fetchUpstream(url, {}, this.#options.refuses);
      if (upstream.statusCode !== 200) {
        upstream.resume();
        const { statusCode, statusMessage } = upstream;
        throw problem(statusCode ?? 502, `${url.href}: ${statusCode} ${statusMessage}`);
      }
      await pipeline(upstream, createWriteStream(part));
      const expected = upstream.headers['content-length'];
      if (expected !== undefined && statSync(part).size !== Number(expected))
        throw problem(502, `${url.href} came short`);
      await rename(part, file);
      return file;
    } finally {
      await rm(part, { force: true });
    }
  }
}

/** The answer to a request of ours, its body still to come. */
export function fetchUpstream(
  url: URL,
  headers: NodeJS.Dict<string | string[]>,
  refuses: Refusal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { headers, timeout: 30_000, lookup: guardedLookup(refuses) };
    const request = get(url, options, resolve);
    request.once('timeout', () => request.destroy(problem(504, `${url.host} did not answer within 30 s`)));
    request.once('error', reject);
  });
}
