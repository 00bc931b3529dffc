import { posix } from 'node:path';
import { isPseudoFile, pseudoFile } from '../../../common/files/pseudo-files.ts';
import type { Remote } from '../remote.ts';

/** Where paths that were named lead: who names a link means what it stands for. */
export interface NamedLinks {
  /** By the link's path. */
  readonly links: ReadonlyMap<string, NamedLink>;
  /** Paths where no file lies on a disk. */
  readonly unusable: ReadonlySet<string>;
  /** Of these, and of links that lead nowhere, or where nothing can be had: as sentences. */
  readonly problems: readonly string[];
}

export interface NamedLink {
  /** As it stands in the link. */
  readonly text: string;
  /** Where it leads in the end; absolute. */
  readonly target: string;
}

/** Prints three fields for each of its arguments that is a link: its path, its text, and where it leads. */
const look = `for each in "$@"; do
  [ -L "$each" ] || continue
  text=$(readlink -- "$each"; echo x)
  real=$(readlink -f -- "$each"; echo x)
  [ -e "$each" ] || real="x"
  printf '%s\\0%s\\0%s\\0' "$each" "\${text%?x}" "\${real%?x}"
done`;

/** Looks at paths (absolute, on the node) with one command, however many they are; nothing else is read. */
export async function namedLinks(
  remote: Pick<Remote, 'exec'>,
  paths: readonly string[],
  options: { readonly root: boolean; readonly signal?: AbortSignal | undefined },
): Promise<NamedLinks> {
  const links = new Map<string, NamedLink>();
  const unusable = new Set(paths.filter(isPseudoFile));
  const problems = [...unusable].map(pseudoFile);
  const others = paths.filter((path) => !unusable.has(path));
  if (others.length === 0) return { links, unusable, problems };
  const { root, signal } = options;
  const { stdout } = await remote.exec(['xargs', '-0', 'sh', '-c', look, 'sh'], {
    root,
    ...(signal ? { signal } : {}),
    stdin: others.map((path) => `${path}\0`).join(''),
    maxBuffer: 64 * 1024 ** 2,
  });
  const fields = stdout.split('\0');
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = '', text = '', real = ''] = fields.slice(at, at + 3);
    // A node may say anything: nothing of it but paths that were asked for, and where they lead on it.
    if (!others.includes(path)) continue;
    const target = posix.normalize(real);
    if (!real.startsWith('/')) problems.push(`${path}: a link to ${text}, which is not there`);
    else if (target === '/') problems.push(`${path}: a link to ${text}, which is the whole of the node`);
    else if (isPseudoFile(target)) problems.push(`${path}: a link to ${pseudoFile(target)}`);
    else links.set(path, { text, target });
  }
  return { links, unusable, problems };
}
