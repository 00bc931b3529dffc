import { chmodSync, lstatSync, mkdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import { PackedReader } from '../../common/trees/packed-reader.ts';
import { bytesOfPath, type EntryHeader } from '../../common/trees/tree-entry.ts';
import { writeNewFile } from '../../common/trees/write-entry.ts';
import { isSystemError } from '../failure.ts';

/**
 * Writes a packed tree below `directory`, which is made if need be: files and links take the place of what is
 * there under their names, folders are joined with it. Modes are as they were sent, whatever the umask; the
 * owner is who the agent is. Gives how many entries came. Throws ShakedownError for what cannot be written;
 * what came before stays.
 */
export async function unpackTree(
  directory: string,
  source: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): Promise<number> {
  const reader = new PackedReader(source);
  const folders: Extract<EntryHeader, { kind: 'folder' }>[] = [];
  const inPlace = (header: EntryHeader) => join(directory, bytesOfPath(header.path).toString('utf8'));
  // Those that the umask takes away, or the kernel: what would run as another user.
  const lost = process.umask() | 0o7000;
  let [count, made] = [0, ''];
  makeFolder(directory);
  for (let header = nextOf(await reader.line()); header; header = nextOf(await reader.line())) {
    signal?.throwIfAborted();
    const path = inPlace(header);
    try {
      // Mostly the next one lies beside it.
      if (header.kind !== 'folder' && dirname(path) !== made) {
        made = dirname(path);
        mkdirSync(made, { recursive: true });
      }
      await write(path, header, reader, lost);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      throw notWritten(path, error);
    }
    if (header.kind === 'folder') folders.push(header);
    count += 1;
  }
  // Last, and the deepest first: a folder need not be writable in the end.
  for (const folder of folders.toReversed()) {
    chmodSync(inPlace(folder), folder.mode);
    utimesSync(inPlace(folder), folder.mtimeMs / 1000, folder.mtimeMs / 1000);
  }
  return count;
}

function makeFolder(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw isSystemError(error) ? notWritten(directory, error) : error;
  }
}

const notWritten = (path: string, cause: Error): ShakedownError =>
  new ShakedownError({ message: `cannot write ${path}`, lastLines: [cause.message] }, { cause });

function nextOf(line: string): EntryHeader | undefined {
  const header: EntryHeader | { readonly end: true } = JSON.parse(line);
  return 'end' in header ? undefined : header;
}

function unlinkIfThere(path: string): void {
  // To be told of what is not there costs several times as much.
  if (lstatSync(path, { throwIfNoEntry: false })) rmSync(path, { force: true });
}

/** `lost`: bits of a mode that a new file may lack. */
async function write(path: string, header: EntryHeader, reader: PackedReader, lost: number): Promise<void> {
  if (header.kind === 'folder') {
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false) rmSync(path);
    mkdirSync(path, { recursive: true });
    return;
  }
  // A link that is there must not be written through, nor another name of the same file.
  unlinkIfThere(path);
  if (header.kind === 'link') symlinkSync(bytesOfPath(header.target), path);
  if (header.kind !== 'file') return;
  await writeNewFile(path, header, reader.bytes(header.size));
  if ((header.mode & lost) !== 0) chmodSync(path, header.mode);
}
