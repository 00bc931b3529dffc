import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { arch } from 'node:os';
import { join } from 'node:path';
import type { FailureDetails } from '../../../common/errors.ts';
import type { RunContext } from '../../context.ts';
import { runAsRoot } from '../host/root-script.ts';
import type { MachineSettings } from '../machine-options.ts';
import { type AptMirror, hostMirror, mirrorAt, sourcesList } from './apt-mirror.ts';
import { buildTreeScript, recipe } from './build-tree-script.ts';

/** Debian's architecture is asked of dpkg only when a tree is built: for the digest Node's name does as well. */
const digestOf = (settings: TreeSettings, mirror: AptMirror): string =>
  createHash('sha256')
    .update(JSON.stringify([recipe, settings.os, settings.packages, mirror, arch()]))
    .digest('hex')
    .slice(0, 16);

type TreeSettings = Pick<MachineSettings, 'os' | 'packages' | 'mirror'>;

/**
 * The path of the Debian tree that all nodes lie over: a link to the newest build of this recipe, suite, packages,
 * mirror and architecture. Built by mmdebstrap (mmdebstrap(1)) if there is none, or if `rebuild` asks for it; two that
 * want it at once build it once, and what nodes lie over now is not taken from under them. Throws ShakedownError.
 */
export async function ensureBaseTree(
  settings: TreeSettings,
  rebuild: boolean,
  ctx: Pick<RunContext, 'signal' | 'cacheDir' | 'emit'>,
): Promise<string> {
  const { os: suite, packages } = settings;
  const mirror = settings.mirror === undefined ? await hostMirror() : mirrorAt(settings.mirror);
  const trees = join(ctx.cacheDir, 'trees');
  const tree = join(trees, `${suite}-${digestOf(settings, mirror)}`);
  if (existsSync(join(tree, 'etc/os-release')) && !rebuild) return tree;
  const note = (message: string) => ctx.emit({ type: 'note', phase: 'machines', message });
  note(`building the ${suite} base tree from ${mirror.main} (once, about half a minute)`);
  // As ourselves: root would make a folder that is then not ours.
  await mkdir(ctx.cacheDir, { recursive: true });
  const started = Date.now();
  const sources = sourcesList(suite, mirror);
  await runAsRoot(buildTreeScript({ trees, tree, suite, sources, packages, rebuild, env: process.env }), {
    signal: ctx.signal,
    failure: { message: `could not build the ${suite} base tree`, phase: 'machines' },
    explain: (stderr) => explainBuild(stderr, suite, mirror, ctx.cacheDir),
  });
  note(`the ${suite} base tree is there after ${Math.round((Date.now() - started) / 1000)} s`);
  return tree;
}

/** What the words of mmdebstrap and apt mean here, and what to do about it. */
export function explainBuild(
  stderr: string,
  suite: string,
  mirror: AptMirror,
  cacheDir: string,
): Partial<FailureDetails> {
  const [, unknown] =
    /E: Unable to locate package (\S+)/.exec(stderr) ?? /E: Package '(\S+)' has no/.exec(stderr) ?? [];
  const [, version] = /E: (Version '\S+' for '\S+' was not found)/.exec(stderr) ?? [];
  if (/No space left on device/.test(stderr)) {
    return {
      message: `there is no space for the ${suite} base tree in ${cacheDir}`,
      hint: 'make room for half a gigabyte there, or set SHAKEDOWN_CACHE to a folder on another disk',
    };
  }
  if (unknown !== undefined || version !== undefined) {
    const what = version ?? `there is no Debian package '${unknown}' in ${suite}`;
    return { message: what, hint: "correct 'packages' of the machines" };
  }
  if (/does not have a Release file/.test(stderr)) {
    return {
      message: `there is no Debian suite '${suite}' on ${mirror.main}`,
      hint: "correct 'os' (bookworm, trixie, sid) or 'mirror' of the machines",
    };
  }
  if (/NO_PUBKEY|is not signed/.test(stderr)) {
    return {
      message: `the ${suite} archive on ${mirror.main} is not signed by a key that is known here`,
      hint: 'apt-get install debian-archive-keyring',
    };
  }
  if (
    /Could not (resolve|connect)|Temporary failure resolving|connection timed out|Failed to fetch/i.test(
      stderr,
    )
  ) {
    return {
      message: `the Debian mirror ${mirror.main} could not be reached`,
      hint: "check the network (http_proxy is heeded), or name another mirror for the machines: mirror: 'http://…/debian'",
    };
  }
  return { hint: "'shakedown doctor' says what this machine lacks" };
}
