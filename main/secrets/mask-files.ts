import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { chmod, type FileHandle, lstat, open, readdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { placeholder, type Secrets } from './secrets.ts';
import { isMostlyHoles, mayHold } from './sparse-data.ts';

/** Bytes that are looked at together. */
const chunkSize = 1024 * 1024;

/** Bytes of a text that is written anew; in a larger one, as in what is no text, the length is kept. */
const largestText = 64 * 1024 * 1024;

/** A file in which something was masked, and whose secrets that were; or what kept us from looking. */
export interface MaskedFile {
  readonly file: string;
  readonly names: readonly string[];
  readonly problem?: string;
}

/**
 * Masks the secrets in all files below a folder: in texts `[secret NAME]` stands for each, in what is no text
 * as many `*` as it had bytes. Modes and times stay; links are not followed.
 */
export async function maskFiles(directory: string, secrets: Secrets): Promise<readonly MaskedFile[]> {
  if (secrets.none) return [];
  const needles = [...secrets.spellings].map(([text, name]): Needle => ({ bytes: Buffer.from(text), name }));
  const masked: MaskedFile[] = [];
  const visit = async (path: string): Promise<void> => {
    try {
      const stats = await lstat(path);
      // Of a masking that was killed: the file itself is as it was.
      if (stats.isFile() && asideName.test(path)) return await rm(path);
      if (stats.isDirectory()) for (const name of await readdir(path)) await visit(join(path, name));
      if (!stats.isFile()) return;
      const names = await maskFile(path, stats, needles);
      if (names.length > 0) masked.push({ file: path, names });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      masked.push({ file: path, names: [], problem: (error as Error).message });
    }
  };
  await visit(directory);
  return masked;
}

/** What a file becomes is written under such a name first. */
const asideName = /\/\.[0-9a-f]{12}\.masking$/;

interface Needle {
  readonly bytes: Buffer;
  readonly name: string;
}

interface Hit extends Needle {
  readonly at: number;
}

async function maskFile(file: string, stats: Stats, needles: readonly Needle[]): Promise<readonly string[]> {
  const values = needles.map(({ bytes }) => bytes);
  if (isMostlyHoles(stats) && !(await mayHold(file, values))) return [];
  await using source = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  const { hits, isText } = await search(source, needles);
  if (hits.length === 0) return [];
  if (isText && stats.size <= largestText) await rewrite(file, await source.readFile(), hits, stats);
  else await overwrite(file, hits, stats);
  return [...new Set(hits.map(({ name }) => name))];
}

async function search(source: FileHandle, needles: readonly Needle[]) {
  const overlap = Math.max(...needles.map(({ bytes }) => bytes.length)) - 1;
  const buffer = Buffer.alloc(chunkSize + overlap);
  const hits = new Map<number, Hit>();
  let isText = true;
  for (let from = 0; ; from += chunkSize) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, from);
    const chunk = buffer.subarray(0, bytesRead);
    if (isText && chunk.includes(0)) isText = false;
    if (!isZero(chunk)) for (const hit of find(chunk, needles, from)) keepLongest(hits, hit);
    if (bytesRead < buffer.length) break;
  }
  const sorted = [...hits.values()].sort((one, other) => one.at - other.at);
  return { hits: withoutOverlaps(sorted), isText };
}

/** A hole of a sparse file is read in no time. */
const isZero = (chunk: Buffer): boolean =>
  chunk[0] === 0 && chunk.subarray(1).equals(chunk.subarray(0, chunk.length - 1));

function* find(chunk: Buffer, needles: readonly Needle[], from: number): Generator<Hit> {
  for (const { bytes, name } of needles) {
    for (let at = chunk.indexOf(bytes); at >= 0; at = chunk.indexOf(bytes, at + bytes.length)) {
      yield { bytes, name, at: from + at };
    }
  }
}

function keepLongest(hits: Map<number, Hit>, hit: Hit): void {
  const other = hits.get(hit.at);
  if (!other || other.bytes.length < hit.bytes.length) hits.set(hit.at, hit);
}

/** What begins within another one goes with it; what of it is beyond that one is a hit by itself. */
function withoutOverlaps(hits: readonly Hit[]): readonly Hit[] {
  let end = 0;
  return hits.flatMap((hit) => {
    const until = hit.at + hit.bytes.length;
    const begin = Math.max(hit.at, end);
    end = Math.max(end, until);
    return begin >= until ? [] : [{ ...hit, at: begin, bytes: hit.bytes.subarray(begin - hit.at) }];
  });
}

async function rewrite(file: string, content: Buffer, hits: readonly Hit[], stats: Stats): Promise<void> {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { at, bytes, name } of hits) {
    pieces.push(content.subarray(from, at), Buffer.from(placeholder(name)));
    from = at + bytes.length;
  }
  pieces.push(content.subarray(from));
  const aside = join(dirname(file), `.${randomBytes(6).toString('hex')}.masking`);
  try {
    // A new one, for no other name of the file shall keep what it had.
    await using target = await open(aside, 'wx', 0o600);
    await target.writeFile(Buffer.concat(pieces));
    await target.chmod(stats.mode);
    await target.utimes(stats.atime, stats.mtime);
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}

async function overwrite(file: string, hits: readonly Hit[], stats: Stats): Promise<void> {
  if ((stats.mode & 0o200) === 0) await chmod(file, stats.mode | 0o200);
  {
    await using target = await open(file, constants.O_WRONLY | constants.O_NOFOLLOW);
    for (const { at, bytes } of hits)
      await target.write(Buffer.alloc(bytes.length, '*'), 0, bytes.length, at);
  }
  await chmod(file, stats.mode);
  await utimes(file, stats.atime, stats.mtime);
}
