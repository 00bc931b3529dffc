import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunContext } from '../../context/run-context.ts';
import { runScript } from '../host/root-script.ts';
import { shellFile } from '../host/shell-file.ts';
import { hostMirror } from './apt-mirror.ts';
import type { Release } from './releases.ts';

const keyringOf = (distribution: Release['distribution']): string => `${distribution}-archive-keyring.gpg`;

/**
 * The keys that a distribution's archive is signed with: those of this main host, or for Ubuntu else those of
 * Debian's package ubuntu-keyring, which is fetched from Debian 13's archive (verified by Debian's keys) and
 * kept in the cache. `proxy` is for apt. Throws ShakedownError.
 */
export async function ensureKeyring(
  distribution: Release['distribution'],
  proxy: string | undefined,
  ctx: Pick<RunContext, 'signal' | 'cacheDir'>,
): Promise<string> {
  const own = `/usr/share/keyrings/${keyringOf(distribution)}`;
  if (distribution === 'debian' || existsSync(own)) return own;
  const kept = join(ctx.cacheDir, 'keyrings', keyringOf(distribution));
  if (existsSync(kept)) return kept;
  await mkdir(join(ctx.cacheDir, 'keyrings'), { recursive: true });
  const { main } = await hostMirror();
  const values = { file: kept, mirror: main, proxy };
  await runScript([], shellFile(import.meta.dirname, 'fetch-keyring.sh', values), {
    signal: ctx.signal,
    failure: {
      message: `this main host does not know the keys of Ubuntu's archive, and they could not be had from ${main}`,
      phase: 'machines',
      hint: 'apt-get install ubuntu-keyring (Debian 13 and later have it), or put ubuntu-archive-keyring.gpg into /usr/share/keyrings',
    },
  });
  return kept;
}
