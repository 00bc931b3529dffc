import { shellFile } from '../host/shell-file.ts';
import { stateHome } from '../host/state-home.ts';
import type { Release } from './releases.ts';

const here = import.meta.dirname;

const packages = [
  'apt',
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'sudo',
  'iproute2',
  'iputils-ping',
  'procps',
  'nftables',
  'ca-certificates',
  'tar',
  'gzip',
  'xz-utils',
];

/** The program that is run on a tree once its packages are in. */
const finish = shellFile(here, 'finish-tree.sh');

/** All that makes one tree differ from another of the same suite; a change of it makes new trees. */
export const recipe = { version: 8, packages, finish };

/** Trees that no run asked for in so many days make room for new ones. */
const keepDays = 30;

export interface TreeBuild {
  /** The folder of all trees. */
  readonly trees: string;
  /** The link to make within it. */
  readonly tree: string;
  readonly release: Release;
  /** The file with the archive's keys. */
  readonly keyring: string;
  /** Contents of sources.list; it stays in the tree. */
  readonly sources: string;
  readonly packages: readonly string[];
  readonly rebuild: boolean;
  /** URL of a caching proxy on this main host, for where it needs none to get out. */
  readonly cache: string;
  /** For apt's proxy; sudo does not pass it on. */
  readonly env: NodeJS.ProcessEnv;
}

/** The script that takes away what a build that was killed left, unless another one is under way. */
export const discardPartsScript = (tree: string): string => shellFile(here, 'discard-parts.sh', { tree });

/** Values for a script that sources `proxies.sh`. */
export const proxyValues = ({ http_proxy, https_proxy, no_proxy }: NodeJS.ProcessEnv) => ({
  http_proxy,
  https_proxy,
  no_proxy,
});

/** The script that builds a tree. */
export function buildTreeScript(build: TreeBuild): string {
  const { trees, tree, release, keyring, sources, cache, rebuild, env } = build;
  const about = [release.distribution, release.version, release.suite].filter(Boolean).join(' ');
  return shellFile(here, 'build-tree.sh', {
    ...proxyValues(env),
    trees,
    tree,
    suite: release.suite,
    packages: [...packages, ...build.packages],
    keyring,
    sources,
    finish,
    about: build.packages.length === 0 ? about : `${about}, with ${build.packages.join(', ')}`,
    cache,
    keep_days: keepDays,
    rebuild,
    state_home: stateHome,
  });
}
