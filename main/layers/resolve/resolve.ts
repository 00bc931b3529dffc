import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { aptSourceFiles } from '../../../common/protocol/apt-source-files.ts';
import type { RunContext } from '../../context/run-context.ts';
import type { startAptProxy } from '../../packages/apt-proxy.ts';
import type { LayerBase } from '../../providers/capabilities.ts';
import { proxyValues } from '../../providers/debian/build-tree-script.ts';
import { runScript } from '../../providers/host/root-script.ts';
import { shellFile } from '../../providers/host/shell-file.ts';
import { stateHome } from '../../providers/host/state-home.ts';
import { digestOf, layerFormat } from '../inputs.ts';
import type { Installation } from '../installation.ts';
import { keepAnswer, keptAnswer, type Resolution } from './answers.ts';
import { type Release, type Releases, releaseDigest, releaseUrls } from './releases.ts';

export type { Resolution } from './answers.ts';

/** What resolving needs of the world. */
export interface Resolving {
  readonly releases: Releases;
  readonly env: NodeJS.ProcessEnv;
  readonly startAptProxy: typeof startAptProxy;
  readonly ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'log' | 'clock'>;
}

/**
 * The versions that apt would install now over a tree, with the sources, pins and options of the config. An
 * answer is kept for as long as the mirrors' Release files stay what they are; where a mirror does not answer
 * the last one holds. Throws ShakedownError where apt does not know what to do, or cannot be asked.
 */
export async function resolveVersions(
  base: LayerBase,
  installation: Installation,
  told: object,
  { releases, env, startAptProxy, ctx }: Resolving,
): Promise<Resolution> {
  const { aptSources } = installation;
  const question = digestOf([layerFormat, base.id, told]);
  const kept = await keptAnswer(ctx.cacheDir, question);
  const sourcesList = await readFile(join(base.tree, 'etc/apt/sources.list'), 'utf8').catch(() => '');
  const urls = releaseUrls(sourcesList, aptSources);
  let now: readonly Release[] | undefined;
  try {
    now = await releases.now(urls, kept?.releases);
  } catch (error) {
    ctx.signal.throwIfAborted();
    ctx.log(`the mirrors were not looked at: ${(error as Error).message}`);
    if (kept) return kept;
  }
  if (kept && now && sameReleases(kept.releases, now)) return kept;
  const fresh = now === undefined || !(await hasLists(base.tree, now));
  await using proxy = await startAptProxy({
    host: '127.0.0.1',
    cacheDir: ctx.cacheDir,
    log: () => undefined,
    // It serves only this main host, whose mirror may well be on it.
    refuses: () => false,
  });
  const script = resolveScript(base, installation, { fresh, cache: proxy.url, env });
  const root = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const printed = await runScript([...root, 'unshare', '--mount'], script, {
    signal: ctx.signal,
    failure: { message: 'apt cannot tell what it would install', phase: 'install' },
  });
  const answer = { versions: [...versionsIn(printed)], fresh, releases: [...(now ?? [])], at: ctx.clock() };
  await keepAnswer(ctx.cacheDir, question, answer);
  return answer;
}

const sameReleases = (one: readonly Release[], other: readonly Release[]): boolean =>
  one.length === other.length &&
  one.every(({ url, digest }) => other.some((each) => each.url === url && each.digest === digest));

/** Whether the lists that a tree has are those of the mirrors. */
async function hasLists(tree: string, releases: readonly Release[]): Promise<boolean> {
  const same = releases.map(async ({ url, digest }) => {
    // As apt names them.
    const name = url
      .replace(/^\w+:\/\//, '')
      .replaceAll('_', '%5f')
      .replaceAll('/', '_');
    const list = await readFile(join(tree, 'var/lib/apt/lists', name)).catch(() => '');
    return releaseDigest(list) === digest;
  });
  return (await Promise.all(same)).every(Boolean);
}

/** The script that asks apt. */
function resolveScript(
  { tree, status }: Pick<LayerBase, 'tree' | 'status'>,
  { packages, recommends, aptSources, debs }: Installation,
  { fresh, cache, env }: { readonly fresh: boolean; readonly cache: string; readonly env: NodeJS.ProcessEnv },
): string {
  const files = aptSources.flatMap((source) => aptSourceFiles(source, '/etc/apt'));
  const names = debs.map((deb) => `/var/lib/shakedown/debs/${basename(deb)}`);
  return shellFile(import.meta.dirname, 'resolve.sh', {
    ...proxyValues(env),
    ...{ tree, status, fresh, recommends, cache, debs },
    place: `${stateHome}/resolve`,
    files: files.map(({ file }) => file),
    contents: files.map(({ content }) => content),
    deb_names: names,
    targets: [...packages, ...names],
  });
}

/**
 * `name=version` of all that `apt-get -s` would install, in order: `Inst
 * etcd-server [3.3] (3.4 Debian:12 [amd64])`.
 */
export const versionsIn = (printed: string): readonly string[] =>
  [...printed.matchAll(/^Inst (\S+)(?: \[\S+\])? \((\S+)/gm)]
    .map(([, name, version]) => `${name}=${version}`)
    .sort();
