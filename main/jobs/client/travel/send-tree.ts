import { join } from 'node:path';
import { UsageError } from '../../../../common/errors.ts';
import { makeManifest } from '../../../distribute/project/manifest.ts';
import { size as inWords } from '../../../report/words.ts';
import type { TreeEntry } from '../../packages/file-tree.ts';
import type { JobsApi } from '../jobs-api.ts';
import type { PackedEntry, PackingList } from './packing-list.ts';
import { changed, sendContents } from './send-contents.ts';

/** How many are named of what is too large. */
const shown = 3;

export interface SentTree {
  /** By which a job names it as its package. */
  readonly sha256: string;
  /** Files whose contents the server did not have; and bytes of those. */
  readonly sent: number;
  readonly sentBytes: number;
}

/**
 * Sends what a packing list has, but no content that the server has already. Files whose digests were taken
 * before, and which have not changed since, are not read again: `cacheDir` remembers them. Throws UsageError
 * when it is more than the server takes, or changes meanwhile.
 */
export async function sendTree(
  api: JobsApi,
  list: PackingList,
  { cacheDir, signal }: { readonly cacheDir: string; readonly signal: AbortSignal },
): Promise<SentTree> {
  const { limit } = await api.missingContents([]);
  if (list.size > limit) throw tooMuch(list, limit);
  const paths = [...new Set(list.files.map(({ from }) => from.slice(1)))];
  const { files } = await makeManifest('/', paths, join(cacheDir, 'sent-files.json'), signal);
  const digests = new Map(files.map(([path, , digest]) => [`/${path}`, digest]));
  const entries = [...list.entries].map(([path, entry]) => treeEntry(path, entry, digests));
  const { missing } = await api.missingContents([...new Set(digests.values())]);
  const fileOf = new Map([...digests].map(([file, digest]) => [digest, file]));
  const sizes = new Map(list.files.map(({ from, size }) => [from, size]));
  const toSend = missing.map((sha256) => {
    const file = fileOf.get(sha256) ?? '';
    return { sha256, file, size: sizes.get(file) ?? 0 };
  });
  await sendContents(api, toSend, signal);
  const sentBytes = toSend.reduce((sum, { size }) => sum + size, 0);
  return { sha256: await api.putTree({ entries }), sent: missing.length, sentBytes };
}

function treeEntry(
  path: string,
  { type, mode, from, target = '' }: PackedEntry,
  digests: ReadonlyMap<string, string>,
): TreeEntry {
  if (type === 'folder') return { type, path, mode };
  if (type === 'link') return { type, path, target };
  const sha256 = digests.get(from);
  if (sha256 === undefined) throw changed([from]);
  return { type, path, mode, sha256 };
}

function tooMuch(list: PackingList, limit: number): UsageError {
  const largest = list.files.toSorted((one, other) => other.size - one.size).slice(0, shown);
  const lines = largest.map(({ from, size }) => `${inWords(size)}  ${from}`);
  const message = `What travels has ${inWords(list.size)}, more than the ${inWords(limit)} that the server takes; the largest of it:`;
  return new UsageError(`${message}\n  ${lines.join('\n  ')}`);
}
