import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ShakedownError } from '../../../../common/errors.ts';
import type { RunContext } from '../../../context.ts';
import { runAsOwnRoot } from '../../host/own-root.ts';
import { quote } from '../../host/root-script.ts';
import type { Share } from '../../provider.ts';
import { discardFunction, discardUnused } from './discard-script.ts';

/** What machines see of the main host: a disk that they share, read-only. */
export interface SharesDisk {
  /** The folder that the disk lies in. */
  readonly directory: string;
  readonly disk: string;
  /** Bytes; of a few sizes only, since clones have a disk as large as their template's. */
  readonly size: number;
  /** For `guestShell` in the machine, booted or not: puts everything in its place. */
  readonly mountScript: string;
}

const step = 256 * 1024 ** 2;

export const sharesFolder = (cacheDir: string): string => join(cacheDir, 'qemu', 'shares');

/**
 * A disk with copies of what is shared, made once for each state of it. QEMU could share folders of the main host
 * themselves, but no machine that has one can be saved or cloned. Throws ShakedownError for a source that is not there.
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
    await runAsOwnRoot(buildScript(directory, shares, size), {
      signal: ctx.signal,
      failure: { message: 'could not make the disk with what machines see of this host', phase: 'machines' },
    });
  }
  return { directory, disk, size, mountScript: mountScript(shares) };
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

const buildScript = (directory: string, shares: readonly Share[], size: number): string => `
home=${quote(directory)}
mkdir -p "\${home%/*}"
exec 8>>"$home.lock"; flock 8
[ ! -e "$home" ] || exit 0
rm -rf "$home.part"; mkdir -p "$home.part/files"
${shares.map(({ source }, index) => `cp -aL --reflink=auto ${quote(source)} "$home.part/files/${index}"`).join('\n')}
chown -R 0:0 "$home.part/files"
mke2fs -q -t ext4 -O ^has_journal -m 0 -N 4096 -d "$home.part/files" "$home.part/disk.raw" ${size / 1024}K
rm -r "$home.part/files"
mv -T "$home.part" "$home"
${discardFunction()}
${discardUnused('home')}`;

function mountScript(shares: readonly Share[]): string {
  if (shares.length === 0) return '';
  const home = '/var/lib/shakedown/shares';
  const each = shares.map(({ target }, index) => {
    const [from, to] = [`${home}/${index}`, quote(target)];
    return `if [ -d ${from} ]; then mkdir -p ${to}; else mkdir -p "$(dirname ${to})"; touch ${to}; fi
mount --bind ${from} ${to}`;
  });
  return `mkdir -p ${home}\nmount -t ext4 -o ro /dev/vdb ${home}\n${each.join('\n')}\n`;
}
