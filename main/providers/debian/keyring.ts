import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunContext } from '../../context/run-context.ts';
import { quote, runScript } from '../host/root-script.ts';
import { hostMirror } from './apt-mirror.ts';
import type { Release } from './releases.ts';

const keyringOf = (distribution: Release['distribution']): string => `${distribution}-archive-keyring.gpg`;

/**
 * The keys that a distribution's archive is signed with: those of this main host, or for Ubuntu else those of Debian's
 * package ubuntu-keyring, which is fetched from Debian 13's archive (verified by Debian's keys) and kept in the cache.
 * `proxy` is for apt. Throws ShakedownError.
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
  await runScript([], fetchScript(kept, main, proxy), {
    signal: ctx.signal,
    failure: {
      message: `this main host does not know the keys of Ubuntu's archive, and they could not be had from ${main}`,
      phase: 'machines',
      hint: 'apt-get install ubuntu-keyring (Debian 13 and later have it), or put ubuntu-archive-keyring.gpg into /usr/share/keyrings',
    },
  });
  return kept;
}

/** apt with settings, state and cache of its own (apt.conf(5)), so that the main host's are left as they are. */
function fetchScript(file: string, mirror: string, proxy: string | undefined): string {
  return `
part=${quote(file)}.part-$$
rm -rf "$part"; mkdir -p "$part"/state/lists/partial "$part"/cache/archives/partial "$part"/out
cd "$part"/out
echo ${quote(`deb [signed-by=/usr/share/keyrings/${keyringOf('debian')}] ${mirror} trixie main`)} > ../sources.list
cat > ../apt.conf <<SETTINGS
Dir::Etc::SourceList "$part/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State "$part/state";
Dir::Cache "$part/cache";
APT::Sandbox::User "";
Acquire::Languages "none";
${proxy === undefined ? '' : `Acquire::http::Proxy "${proxy}";`}
SETTINGS
export APT_CONFIG="$part/apt.conf"
{ apt-get -q update && apt-get -q download ubuntu-keyring; } >&2 || { rm -rf "$part"; exit 1; }
dpkg-deb -x *.deb .
mv usr/share/keyrings/${keyringOf('ubuntu')} ${quote(file)}
rm -rf "$part"
`;
}
