import { posix } from 'node:path';
import { present } from '../../../common/present.ts';
import type { Remote } from '../remote.ts';

/**
 * The absolute paths that a pattern names on a node, as bash expands it (`*`, `**`, `?`, `[…]`, `{a,b}`),
 * from `folder` on; a shell without `**` takes that for `*`. A path that exists is taken as it is.
 */
export async function expandGlob(
  remote: Pick<Remote, 'exec'>,
  glob: string,
  {
    folder,
    root,
    signal,
  }: { readonly folder: string; readonly root: boolean; readonly signal?: AbortSignal | undefined },
): Promise<readonly string[]> {
  const home = glob.startsWith('~/');
  const literal = home ? `"$HOME"${plain(glob.slice(1))}` : plain(glob);
  const pattern = home ? `"$HOME"${quoted(glob.slice(1))}` : quoted(glob);
  const each =
    'for each in "$@"; do [ -e "$each" ] || [ -L "$each" ] || continue; printf "%s\\0" "$each"; done';
  const script = `set -- ${literal}; [ -e "$1" ] || [ -L "$1" ] || set -- ${pattern}; ${each}`;
  const line = `if command -v bash >/dev/null; then exec bash -O globstar -O nullglob -c "$1" bash; else eval "$1"; fi`;
  const options = { cwd: folder, root, ...present({ signal }) };
  const result = await remote.exec(['sh', '-c', line, 'sh', script], options);
  return result.stdout
    .split('\0')
    .filter((path) => path !== '')
    .map((path) => posix.resolve(folder, path));
}

/** All but the pattern's own characters taken as they are. */
const quoted = (glob: string): string => glob.replace(/[^\w*?[\]{}/.,:@%+=!^-]/gu, plain);

const plain = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
