import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';
import type { RunContext } from '../../context/run-context.ts';
import { runAsRoot } from '../host/root-script.ts';
import type { MachineSettings } from '../machine-options.ts';
import { type AptMirror, hostMirror, mirrorAt } from './apt-mirror.ts';
import { recipe } from './build-tree-script.ts';
import { type Release, releaseNamed } from './releases.ts';

/**
 * Debian's architecture is asked of dpkg only when a tree is built: for the digest Node's name does as well.
 */
const digestOf = ({ distribution, suite }: Release, packages: readonly string[], mirror: AptMirror): string =>
  createHash('sha256')
    .update(JSON.stringify([recipe, distribution, suite, packages, mirror, arch()]))
    .digest('hex')
    .slice(0, 16);

type TreeSettings = Pick<MachineSettings, 'os' | 'packages' | 'mirror'>;

/**
 * The path of the tree that all nodes of one operating system lie over: a link to the newest build of
 * this recipe, release, packages, mirror and architecture. Built by mmdebstrap (mmdebstrap(1)) if there
 * is none, or if `rebuild` asks for it, of packages that were downloaded once for all trees and nodes;
 * two that want it at once build it once, and what nodes lie over now is not taken from under them.
 * `run` runs the script where its files can be root's: as root, or in a user namespace. Throws
 * UsageError for an unknown `os`, else ShakedownError.
 */
export async function ensureBaseTree(
  settings: TreeSettings,
  rebuild: boolean,
  ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
  run: typeof runAsRoot = runAsRoot,
): Promise<string> {
  const { packages } = settings;
  const release = releaseNamed(settings.os);
  const { distribution, suite } = release;
  const mirror =
    settings.mirror === undefined
      ? await hostMirror('/', distribution)
      : mirrorAt(settings.mirror, distribution);
  const trees = treesFolder(ctx.cacheDir);
  const tree = join(trees, `${suite}-${digestOf(release, packages, mirror)}`);
  if (existsSync(join(tree, 'etc/os-release')) && !rebuild) return tree;
  // Most runs have no use for what builds one.
  const { buildBaseTree } = await import('./build-base-tree.ts');
  await buildBaseTree({ trees, tree, release, mirror, packages, rebuild }, ctx, run);
  return tree;
}

/** Where all trees lie, whatever kind of machine they are for. */
export const treesFolder = (cacheDir: string): string => join(cacheDir, 'trees');
