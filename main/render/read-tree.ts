import type { Dirent } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileDigest } from '../../common/files/file-digest.ts';
import { printable, TemplateError, type TemplateMistake } from './template-mistake.ts';
import type { SourceEntry, SourceTree } from './tree.ts';

export const templateSuffix = '.tmpl';

/**
 * Reads a folder of node files: names, modes and link targets, the bytes of templates, and size and digest of
 * all else. A folder that does not exist is empty. Throws TemplateError that names every file that cannot be
 * read, that is neither file, folder nor link, or whose name is not UTF-8.
 */
export async function readTree(directory: string): Promise<SourceTree> {
  const label = basename(directory);
  const mistakes: TemplateMistake[] = [];
  const entries = await readFolder(directory, '', (path, message) => {
    mistakes.push({ file: path === '' ? label : `${label}/${path}`, message });
  });
  if (mistakes.length > 0) throw new TemplateError(mistakes);
  return { directory, label, entries };
}

type Complain = (path: string, message: string) => void;

async function readFolder(root: string, folder: string, complain: Complain): Promise<SourceEntry[]> {
  const names = await list(join(root, folder)).catch((error: NodeJS.ErrnoException) => {
    if (folder !== '' || error.code !== 'ENOENT') complain(folder, reason(error));
    return [];
  });
  const entries: SourceEntry[] = [];
  for (const bytes of names) {
    const name = bytes.toString('utf8');
    const path = folder === '' ? name : `${folder}/${name}`;
    if (!Buffer.from(name, 'utf8').equals(bytes)) {
      complain(path, 'the name is not UTF-8; rename it');
      continue;
    }
    const entry = await readEntry(join(root, path), path).catch((error: Error) => error);
    if (entry instanceof Error) complain(path, reason(entry));
    else entries.push(entry);
    if (!(entry instanceof Error) && entry.type === 'directory') {
      entries.push(...(await readFolder(root, path, complain)));
    }
  }
  return entries;
}

/** Names as bytes, in the same order everywhere. */
async function list(folder: string): Promise<Buffer[]> {
  const entries: Dirent<Buffer>[] = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  return entries.map((entry) => entry.name).sort(Buffer.compare);
}

async function readEntry(file: string, path: string): Promise<SourceEntry> {
  const stat = await lstat(file);
  const mode = stat.mode & 0o7777;
  if (stat.isDirectory()) return { path, mode, type: 'directory' };
  if (stat.isSymbolicLink()) return { path, mode: 0o777, type: 'link', target: await readlink(file) };
  if (!stat.isFile()) throw new Error(`a ${kind(stat)} cannot be sent; only files, folders and links can`);
  if (path.endsWith(templateSuffix)) return { path, mode, type: 'template', bytes: await readFile(file) };
  return { path, mode, type: 'file', file, size: stat.size, sha256: await fileDigest(file) };
}

const kind = (stat: Awaited<ReturnType<typeof lstat>>): string => {
  if (stat.isSocket()) return 'socket';
  if (stat.isFIFO()) return 'named pipe';
  return 'device';
};

const reason = (error: NodeJS.ErrnoException): string => {
  if (error.code === 'EACCES') return 'cannot be read: permission denied';
  return error.code === undefined ? error.message : `cannot be read: ${printable(error.message)}`;
};
