import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ShakedownError } from '../../../../common/errors.ts';
import type { RunContext } from '../../../context/run-context.ts';
import { runAsOwnRoot } from '../../host/own-root.ts';
import { shellFile } from '../../host/shell-file.ts';
import type { Share } from '../../provider.ts';
import { mountSharesScript } from '../guest/guest-files.ts';
import { discardValues } from './discard-values.ts';

/** What machines see of the main host: a disk that they share, read-only. */
export interface SharesDisk {
  /** The folder that the disk lies in. */
  readonly directory: string;
  readonly disk: string;
  /** Bytes; of a few sizes only, since clones have a disk as large as their template's. */
  readonly size: number;
  /** For the machine, booted or not: mounts all of it. */
  readonly mountScript: string;
}

const step = 256 * 1024 ** 2;

const sharesFolder = (cacheDir: string): string => join(cacheDir, 'qemu', 'shares');

/**
 * A disk with copies of what is shared, made once for each state of it. QEMU could share folders of
 * the main host themselves, but no machine that has one can be saved or cloned. Throws
 * ShakedownError for a source that is not there.
 */
export async function ensureShares(
  shares: readonly Share[],
  ctx: Pick<RunContext, 'signal' | 'cacheDir'>,
): Promise<SharesDisk> {
  const files = (await Promise.all(shares.map(({ source }) => filesOf(source)))).flat();
  const content = files.reduce((sum, { bytes }) => sum + bytes + 8192, 0);
  const size = Math.ceil((content * 1.02 + step / 16) / step) * step;
  const facts = JSON.stringify([shares, files, size]);
  const digest = createHash('sha256').update(facts).digest('hex').slice(0, 16);
  const directory = join(sharesFolder(ctx.cacheDir), digest);
  const disk = join(directory, 'disk.raw');
  if (!existsSync(disk)) {
    const sources = shares.map(({ source }) => source);
    const values = { ...discardValues(), home: directory, sources, kilobytes: size / 1024 };
    await runAsOwnRoot(shellFile(import.meta.dirname, 'make-shares.sh', values), {
      signal: ctx.signal,
      failure: { message: 'could not make the disk with what machines see of this host', phase: 'machines' },
    });
  }
  return { directory, disk, size, mountScript: mountSharesScript(shares.map(({ target }) => target)) };
}

async function filesOf(source: string): Promise<readonly { path: string; bytes: number; at: number }[]> {
  const entry = await stat(source).catch(() => undefined);
  if (!entry) {
    throw new ShakedownError({
      message: `${source}, which nodes are to see, does not exist`,
      phase: 'machines',
    });
  }
  if (!entry.isDirectory()) return [{ path: source, bytes: entry.size, at: entry.mtimeMs }];
  const names = await readdir(source);
  return (await Promise.all(names.map((name) => filesOf(join(source, name))))).flat();
}
