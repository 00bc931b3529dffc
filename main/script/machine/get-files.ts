import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { asShakedownError } from '../../../common/errors.ts';
import type { Remote } from '../../remotes/remote.ts';
import { downloadNamed } from '../../remotes/transfer/download-named.ts';
import { expandGlob } from '../../remotes/transfer/expand-glob.ts';
import { mergeTree } from '../../remotes/transfer/merge-tree.ts';

export interface GetOptions {
  /** As the person wrote them. */
  readonly globs: readonly string[];
  /** The folder on the machine that they are relative to. */
  readonly work: string;
  /** Where they go on the main host; absolute. */
  readonly out: string;
  readonly root: boolean;
  readonly signal: AbortSignal;
}

export interface Gotten {
  /** Absolute paths on the main host. */
  readonly files: readonly string[];
  readonly problems: readonly string[];
}

/**
 * Brings what the globs name into `out`: under its path relative to `work`, or, from elsewhere on the
 * machine, under its whole path; of a link what it leads to, under the link's name. What cannot be had is
 * told, not thrown; a lost connection is thrown.
 */
export async function getFiles(
  remote: Remote,
  { globs, work, out, root, signal }: GetOptions,
): Promise<Gotten> {
  const problems: string[] = [];
  const found = new Set<string>();
  for (const glob of globs) {
    const paths = await expandGlob(remote, glob, { folder: work, root, signal });
    if (paths.length === 0) problems.push(`nothing on the machine matches '${glob}'`);
    for (const path of paths) found.add(path);
  }
  const below = [...found].filter((path) => path === work || path.startsWith(`${work}/`));
  const elsewhere = [...found].filter((path) => !below.includes(path));
  const files: string[] = [];
  for (const [paths, base] of [[below, work] as const, [elsewhere, '/'] as const]) {
    if (paths.length === 0) continue;
    const got = await bring(remote, paths, { base, out, root, signal });
    files.push(...got.files);
    problems.push(...got.problems);
  }
  return { files: [...new Set(files)].sort(), problems };
}

/** By way of a folder of its own, so that what came is known from what was there. */
async function bring(
  remote: Remote,
  paths: readonly string[],
  { base, out, root, signal }: Pick<GetOptions, 'out' | 'root' | 'signal'> & { readonly base: string },
): Promise<Gotten> {
  const arrival = join(out, `.arriving-${randomBytes(4).toString('hex')}`);
  try {
    await mkdir(arrival, { recursive: true });
    const { problems } = await downloadNamed(remote, paths, arrival, { base, root, signal });
    const entries = await readdir(arrival, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(out, join(entry.parentPath, entry.name).slice(arrival.length)));
    await mergeTree(Buffer.from(arrival), Buffer.from(out), { replace: true });
    return { files, problems };
  } catch (error) {
    if (remote.lost.aborted || signal.aborted) throw error;
    return { files: [], problems: [asShakedownError(error).message] };
  } finally {
    await rm(arrival, { recursive: true, force: true });
  }
}
