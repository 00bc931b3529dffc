import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, type ReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { PackageStore } from '../packages/package-store.ts';
import type { AttemptKey } from '../queue/queued-job.ts';
import { Problem } from './problem.ts';

/** Bytes that one upload may have. */
export interface UploadLimits {
  readonly artifact: number;
  readonly package: number;
}

/** What lies on the server's disk: packages by their digest, and each attempt's log and artifacts. */
export class Files {
  readonly packages: PackageStore;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.packages = new PackageStore(folder);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  artifact = (key: AttemptKey, path: string): string => join(this.artifactFolder(key), checkedPath(path));

  /** Throws Problem when the disk has no room for so many bytes. */
  async mustHaveRoom(bytes: number): Promise<void> {
    const { bavail, bfree, bsize } = await statfs(this.#folder);
    // Only root may fill what a file system reserves.
    if ((process.getuid?.() === 0 ? bfree : bavail) * bsize >= bytes) return;
    throw new Problem(507, `the server's disk has no room for ${bytes} bytes`);
  }

  /** Streams it to its place, where it is once it is whole. Gives its digest and size; throws Problem. */
  save(
    file: string,
    body: Readable,
    limit: number,
    sha256?: string,
  ): Promise<{ sha256: string; size: number }> {
    return this.receive(body, limit, async (aside, came) => {
      if (sha256 !== undefined && came.sha256 !== sha256) {
        throw new Problem(400, `what came has the SHA-256 ${came.sha256}, not ${sha256}`);
      }
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      await rename(aside, file);
      return came;
    });
  }

  /** Streams it to a file, which `use` may move away and which is gone afterwards. Throws Problem. */
  async receive<T>(
    body: Readable,
    limit: number,
    use: (file: string, came: { readonly sha256: string; readonly size: number }) => Promise<T>,
  ): Promise<T> {
    const aside = this.#aside();
    const hash = createHash('sha256');
    let size = 0;
    try {
      const output = await open(aside, 'wx', 0o600);
      try {
        for await (const chunk of unbroken(body)) {
          size += chunk.length;
          if (size > limit) throw new Problem(413, `more than ${limit} bytes`);
          hash.update(chunk);
          await output.write(chunk);
        }
        await output.sync();
      } finally {
        await output.close();
      }
      return await use(aside, { sha256: hash.digest('hex'), size });
    } finally {
      await rm(aside, { force: true });
    }
  }

  /** Keeps a package that lies in any file. */
  async keepPackage(from: string, sha256: string): Promise<void> {
    await this.save(this.packages.tar(sha256), createReadStream(from), Number.POSITIVE_INFINITY, sha256);
  }

  /**
   * Adds to an attempt's log what it has not got yet of a piece that begins at `offset`. Gives its new size.
   */
  async append(key: AttemptKey, offset: number, piece: Buffer): Promise<number> {
    const file = this.#log(key);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const output = await open(file, 'a', 0o600);
    try {
      const { size } = await output.stat();
      if (offset > size) throw new Problem(409, `the log has ${size} bytes; send what follows those`);
      const fresh = piece.subarray(size - offset);
      if (fresh.length > 0) await output.appendFile(fresh);
      return size + fresh.length;
    } finally {
      await output.close();
    }
  }

  async logSize(key: AttemptKey): Promise<number> {
    return await stat(this.#log(key)).then(
      ({ size }) => size,
      () => 0,
    );
  }

  /** Where an attempt's artifacts lie, by their paths. */
  artifactFolder = (key: AttemptKey): string => join(this.#attempt(key), 'artifacts');
  logFile = (key: AttemptKey): string => this.#log(key);

  readLog = (key: AttemptKey, start: number, end: number): ReadStream =>
    createReadStream(this.#log(key), { start, end: end - 1 });

  #aside = (): string => join(this.#folder, `incoming-${randomUUID()}`);
  /** Of all jobs of which there is something. */
  jobsFolder(): string {
    const folder = join(this.#folder, 'jobs');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** Bytes of a job's logs and artifacts. */
  async sizeOfJob(job: string): Promise<number> {
    const folder = join(this.#folder, 'jobs', job);
    if (!existsSync(folder)) return 0;
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  removeJob = (job: string): Promise<void> =>
    rm(join(this.#folder, 'jobs', job), { recursive: true, force: true });

  #attempt = ({ job, number }: AttemptKey): string => join(this.#folder, 'jobs', job, String(number));
  #log = (key: AttemptKey): string => join(this.#attempt(key), 'log');
}

/** A relative path that stays where it is. Throws Problem for any other. */
function checkedPath(path: string): string {
  const parts = path.split('/');
  const odd = parts.some(
    (part) => part === '' || part === '.' || part === '..' || Buffer.byteLength(part) > 250,
  );
  if (odd || path.length > 1000 || /[\0-\x1f\\]/.test(path)) {
    throw new Problem(400, `'${path}' is no path of an artifact: relative, with plain names, without '..'`);
  }
  return path;
}

/** Left unread, a body is no connection that breaks: who sends it gets the answer that says why. */
export const unbroken = (body: Readable): AsyncIterable<Buffer> => body.iterator({ destroyOnReturn: false });

/** The body of a request that streams; throws Problem for one of another media type. */
export function streamOf(body: unknown): Readable {
  if (body instanceof Readable) return body;
  throw new Problem(415, 'send the bytes as they are: Content-Type: application/octet-stream');
}

/** All of it, in memory; throws Problem when it is more than so many bytes. */
export async function wholeOf(body: Readable, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of unbroken(body)) {
    size += chunk.length;
    if (size > limit) throw new Problem(413, `more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
