import type { InstallParams, InstallResult } from '../../common/protocol/installation.ts';
import type { AgentState } from '../agent-state.ts';
import { Originals } from '../files/originals.ts';
import { Apt, type AptResult, listsAge } from './apt.ts';
import { aptFailure, aptFailureKind, mayBeStale } from './apt-failure.ts';
import { writeSources } from './apt-sources.ts';
import { isHalfDone, isInstalled, parseWanted, whatCameIn } from './dpkg.ts';
import { HeldBack } from './held-back.ts';
import { HeldBackList } from './held-back-list.ts';
import { readPackages } from './status-file.ts';
import { KnownDebs, type WantedDeb } from './wanted-debs.ts';

/** Where things lie, and who is told; other places in tests. */
export interface InstallContext {
  readonly state: AgentState;
  /** Files outside the working directory that `clean` puts back. */
  readonly placed: Originals;
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
  readonly progress: (message: string) => void;
  readonly aptDirectory?: string;
  readonly listsDirectory?: string;
  readonly policyFile?: string;
  readonly dpkgDirectory?: string;
}

/** The originals that are put back right after the transaction, or by the next agent. */
export const policyOriginals = (state: AgentState): Originals =>
  new Originals(state.path('originals-policy'));

/**
 * Brings in what is missing, in one transaction, and keeps its daemons from starting. dpkg's status is read
 * first, and nothing else is run when all is there. A .deb counts as there when its name and version are,
 * unless this agent installed other bytes under them. Gives all units that are still held back, from earlier
 * runs too. Throws ShakedownError with apt's last lines.
 */
export async function install(params: InstallParams, context: InstallContext): Promise<InstallResult> {
  const { state, signal, dpkgDirectory } = context;
  for (const wanted of params.packages) parseWanted(wanted);
  const before = readPackages(dpkgDirectory);
  const knownDebs = new KnownDebs(state, dpkgDirectory);
  const debs = await knownDebs.wanted(params.debs, before, signal);
  const packages = params.packages.filter((wanted) => !isInstalled(wanted, before));
  const list = new HeldBackList(state);
  if (packages.length === 0 && debs.length === 0) return { installed: [], heldBack: list.all() };

  const { placed, log, aptDirectory = '/etc/apt', listsDirectory = '/var/lib/apt/lists' } = context;
  const sourcesChanged = await writeSources(params.sources, aptDirectory, placed, log);
  const stale = sourcesChanged || (await listsAge(listsDirectory)) >= params.listsMaxAge;
  const apt = new Apt({
    ...context,
    proxy: params.proxy,
    lockWait: params.lockWait,
    recommends: params.recommends,
  });
  const names = [...packages, ...debs.map((deb) => deb.file)];
  const held = new HeldBack(policyOriginals(state), list, context.policyFile);
  await held.begin();
  try {
    if (isHalfDone(before)) await apt.configure();
    tellAnew(debs, context);
    const flags = debs.some((deb) => deb.reinstall) ? ['--reinstall'] : [];
    await transact(apt, names, flags, stale, params, context);
  } finally {
    await held.end();
  }
  list.add([]);
  knownDebs.add(debs);
  return { installed: whatCameIn(before, readPackages(dpkgDirectory)), heldBack: list.all() };
}

/** A test of an old build under the same version must not go unnoticed. */
function tellAnew(debs: readonly WantedDeb[], { progress }: InstallContext): void {
  for (const { name, version, reinstall } of debs) {
    if (reinstall) progress(`${name} ${version} is there, maybe of another build: it is installed again`);
  }
}

async function transact(
  apt: Apt,
  names: readonly string[],
  flags: readonly string[],
  stale: boolean,
  params: InstallParams,
  { progress }: InstallContext,
): Promise<void> {
  let updated: AptResult & { readonly complaints: string } = {
    command: '',
    exitCode: 0,
    output: '',
    complaints: '',
  };
  const mended = new Set<string>();
  if (stale) {
    updated = await apt.update();
    mended.add('stale');
  }
  for (;;) {
    progress(`installing ${names.map((name) => name.replace(/^.*\//, '')).join(', ')}`);
    const result = await apt.install(names, flags);
    if (result.exitCode === 0) return;
    const kind = aptFailureKind(result.output);
    const remedy = kind === 'interrupted' ? 'interrupted' : mayBeStale(kind) ? 'stale' : undefined;
    if (remedy === undefined || mended.has(remedy)) {
      const earlier = updated.complaints;
      throw aptFailure(result.output, {
        ...result,
        ownDebs: params.debs.length > 0,
        earlier,
        ...withProxy(params),
      });
    }
    mended.add(remedy);
    if (remedy === 'stale') updated = await apt.update();
    else await apt.configure();
  }
}

const withProxy = ({ proxy }: InstallParams): { proxy?: string } => (proxy === undefined ? {} : { proxy });
