import { mkdir } from 'node:fs/promises';
import type { FailureDetails } from '../../../common/errors.ts';
import type { RunContext } from '../../context/run-context.ts';
import { startAptProxy } from '../../packages/apt-proxy.ts';
import type { runAsRoot } from '../host/root-script.ts';
import { type AptMirror, sourcesList } from './apt-mirror.ts';
import { buildTreeScript, discardPartsScript, type TreeBuild } from './build-tree-script.ts';
import { ensureKeyring } from './keyring.ts';
import type { Release } from './releases.ts';

/** A tree that is to be, and the mirror that its packages come from. */
type NewTree = Pick<TreeBuild, 'trees' | 'tree' | 'release' | 'packages' | 'rebuild'> & {
  readonly mirror: AptMirror;
};

/** Builds a tree, or waits for another process that does. Throws ShakedownError. */
export async function buildBaseTree(
  { mirror, ...wanted }: NewTree,
  ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
  run: typeof runAsRoot,
): Promise<void> {
  const { tree, release } = wanted;
  const { distribution, suite } = release;
  const note = (message: string) => ctx.emit({ type: 'note', phase: 'machines', message });
  note(`building the ${suite} base tree from ${mirror.main} (once, some twenty seconds)`);
  // As ourselves: root would make a folder that is then not ours.
  await mkdir(ctx.cacheDir, { recursive: true });
  const started = Date.now();
  await using proxy = await startAptProxy({
    host: '127.0.0.1',
    cacheDir: ctx.cacheDir,
    log: () => undefined,
    // It serves only this main host, whose mirror may well be on it.
    refuses: () => false,
  });
  const { url: cache } = proxy;
  const keyring = await ensureKeyring(distribution, cache, ctx);
  const build = { ...wanted, keyring, cache, env: process.env };
  await run(buildTreeScript({ ...build, sources: sourcesList(release, mirror) }), {
    signal: ctx.signal,
    failure: { message: `could not build the ${suite} base tree`, phase: 'machines' },
    explain: (stderr) => explainBuild(stderr, release, mirror, ctx.cacheDir),
  }).catch(async (error: unknown) => {
    // Half a system is in the way of nothing, but large.
    const failure = { message: 'what was built of a tree could not be taken away' };
    if (ctx.signal.aborted) await run(discardPartsScript(tree), { failure }).catch(() => undefined);
    throw error;
  });
  note(`the ${suite} base tree is there after ${Math.round((Date.now() - started) / 1000)} s`);
}

/** What the words of mmdebstrap and apt mean here, and what to do about it. */
export function explainBuild(
  stderr: string,
  { distribution, suite }: Release,
  mirror: AptMirror,
  cacheDir: string,
): Partial<FailureDetails> {
  const [, unknown] =
    /E: Unable to locate package (\S+)/.exec(stderr) ?? /E: Package '(\S+)' has no/.exec(stderr) ?? [];
  const [, version] = /E: (Version '\S+' for '\S+' was not found)/.exec(stderr) ?? [];
  if (/No space left on device|enough free space in/.test(stderr)) {
    return {
      message: `there is no space for the ${suite} base tree in ${cacheDir}`,
      hint: 'make room for half a gigabyte there, or set SHAKEDOWN_CACHE to a folder on another disk',
    };
  }
  if (unknown !== undefined || version !== undefined) {
    const what = version ?? `there is no package '${unknown}' in ${distribution}'s ${suite}`;
    return { message: what, hint: "correct 'packages' of the machines" };
  }
  if (/does not have a Release file/.test(stderr)) {
    return {
      message: `there is no suite '${suite}' on ${mirror.main}`,
      hint: "a release that is too old for the mirrors, or not out yet, needs another 'mirror' (or 'os') of the machines",
    };
  }
  const [, age] = /Release file for \S+ is (expired|not valid yet)/.exec(stderr) ?? [];
  if (age !== undefined) {
    return {
      message: `the lists of ${suite} on ${mirror.main} are ${age}, by this main host's clock`,
      hint: "look at 'date'; if that is right, the mirror is no longer kept up: name another one, mirror: 'http://…'",
    };
  }
  if (/NO_PUBKEY|is not signed/.test(stderr)) {
    return {
      message: `the ${suite} archive on ${mirror.main} is not signed by a key that is known here`,
      hint: `apt-get install ${distribution}-${distribution === 'debian' ? 'archive-' : ''}keyring`,
    };
  }
  if (
    /Could not (resolve|connect)|Temporary failure resolving|connection timed out|Failed to fetch/i.test(
      stderr,
    )
  ) {
    return {
      message: `the mirror ${mirror.main} could not be reached`,
      hint: `check the network (http_proxy is heeded), or name another mirror for the machines: mirror: 'http://…/${distribution}'`,
    };
  }
  return { hint: "'shakedown doctor' says what this machine lacks" };
}
