import { lstat, mkdir, mkdtemp, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { present } from '../../../common/present.ts';
import type { DownloadOptions, Remote } from '../remote.ts';
import { mergeTree } from './merge-tree.ts';
import { type NamedLink, namedLinks } from './named-links.ts';

/** What came of paths that were named. */
export interface DownloadedNamed {
  /** Where the links led of which the target came, by the link's path. */
  readonly followed: ReadonlyMap<string, string>;
  /** What could not be brought, or only in part, as sentences. */
  readonly problems: readonly string[];
}

type Options = Required<Pick<DownloadOptions, 'base' | 'root'>> &
  Pick<DownloadOptions, 'signal' | 'onProgress'>;

/**
 * Paths of the node as `Remote.download` brings them, but for those that are links: who names one
 * means what it leads to, and that comes under the link's name. A link stays one where it leads,
 * from its own folder, to what comes as well, and where it leads to nothing, which is told. Links
 * within a folder that is named stay links.
 */
export async function downloadNamed(
  remote: Pick<Remote, 'exec' | 'download'>,
  paths: readonly string[],
  directory: string,
  options: Options,
): Promise<DownloadedNamed> {
  const { base, ...how } = options;
  const { links, unusable, problems: found } = await namedLinks(remote, paths, how);
  const problems = [...found];
  const plain = paths.filter((path) => !unusable.has(path) && !links.has(path));
  const comes = (target: string) => plain.some((path) => target === path || target.startsWith(`${path}/`));
  const stays = ([path, { text, target }]: readonly [string, NamedLink]) =>
    !text.startsWith('/') && posix.resolve(posix.dirname(path), text) === target && comes(target);
  const kept = [...links].filter(stays).map(([path]) => path);
  problems.push(...(await remote.download([...plain, ...kept], directory, { base, ...how })).problems);
  let left = [...links].filter((link) => !stays(link));
  const followed = new Map(left.map(([path, { target }]) => [path, target]));
  while (left.length > 0) {
    const turn = oneOfEach(left);
    problems.push(...(await bringTargets(remote, turn, directory, options)));
    left = left.filter((link) => !turn.includes(link));
  }
  return { followed, problems };
}

type Link = readonly [path: string, link: NamedLink];

/** Of links of which several lead to the same, or one into what another leads to, the first. */
function oneOfEach(links: readonly Link[]): readonly Link[] {
  const chosen: Link[] = [];
  const below = (one: string, other: string) => one === other || one.startsWith(`${other}/`);
  for (const link of links) {
    const { target } = link[1];
    if (!chosen.some(([, other]) => below(target, other.target) || below(other.target, target))) {
      chosen.push(link);
    }
  }
  return chosen;
}

/** Targets of which none lies in another one, as one stream; then each goes to its link's place. */
async function bringTargets(
  remote: Pick<Remote, 'download'>,
  links: readonly Link[],
  directory: string,
  { base, ...how }: Options,
): Promise<readonly string[]> {
  await mkdir(directory, { recursive: true });
  const temporary = await mkdtemp(join(directory, '.leading-'));
  const [arrival, named] = [join(temporary, 'arrival'), join(temporary, 'named')];
  try {
    await Promise.all([mkdir(arrival), mkdir(named)]);
    const targets = links.map(([, { target }]) => target);
    const { problems } = await remote.download(targets, arrival, { base: '/', ...present(how) });
    for (const [path, { target }] of links) {
      const place = join(named, posix.relative(base, path));
      await mkdir(dirname(place), { recursive: true });
      // What did not come is among the problems. A node may send links to lead us astray.
      const came = join(arrival, target);
      if ((await isInside(arrival, came)) && (await isInside(named, place)) && (await isThere(came)))
        await rename(came, place);
    }
    await mergeTree(Buffer.from(named), Buffer.from(directory), { replace: true });
    return problems;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Whether no link stands between a folder and a path in it; its last part may be anything. */
async function isInside(folder: string, path: string): Promise<boolean> {
  const [root, parent] = await Promise.all(
    [folder, dirname(path)].map((each) => realpath(each).catch(() => '')),
  );
  return parent === join(root ?? '', dirname(path).slice(folder.length));
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
