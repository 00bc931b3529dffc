import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShakedownError } from '../../common/errors.ts';
import { isSystemError } from '../failure.ts';
import { runProcess } from '../process.ts';
import { aptFailureKind } from './apt-failure.ts';
import { AptProgress } from './apt-progress.ts';

export interface AptOptions {
  readonly proxy?: string | undefined;
  /** Seconds to wait for locks, in all. */
  readonly lockWait: number;
  /** Recommended packages are installed, too. */
  readonly recommends?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
  readonly progress: (message: string) => void;
}

export interface AptResult {
  readonly command: string;
  readonly exitCode: number | null;
  /** Both streams, bounded. */
  readonly output: string;
}

/**
 * apt-get without questions: configuration files that were changed stay (`confold`), and needrestart, ucf and
 * apt-listchanges keep still. Recommended packages are not installed unless asked for, unlike by a plain
 * `apt-get install`: a test names what it needs, and three nodes shall not fetch what nobody asked for.
 */
const environment = {
  LC_ALL: 'C.UTF-8',
  DEBIAN_FRONTEND: 'noninteractive',
  DEBIAN_PRIORITY: 'critical',
  APT_LISTCHANGES_FRONTEND: 'none',
  NEEDRESTART_SUSPEND: '1',
  UCF_FORCE_CONFFOLD: '1',
};

const settings = [
  '-q',
  '-y',
  '-oDpkg::Use-Pty=0',
  '-oDpkg::Options::=--force-confold',
  '-oDpkg::Options::=--force-confdef',
  '-oAcquire::Retries=2',
  '-oAcquire::http::Timeout=20',
  '-oAcquire::Languages=none',
];

export class Apt {
  readonly #options: AptOptions;
  readonly #lockedUntil: number;

  constructor(options: AptOptions) {
    this.#options = options;
    this.#lockedUntil = performance.now() + options.lockWait * 1000;
  }

  /**
   * Installs `packages` (names, `name=version`, paths of .deb files) in one
   * transaction; downgrades to a pin too.
   */
  install(packages: readonly string[], flags: readonly string[] = []): Promise<AptResult> {
    const recommends = this.#options.recommends ? '--install-recommends' : '--no-install-recommends';
    const how = [recommends, '--allow-downgrades', '-oAPT::Status-Fd=3', ...flags];
    return this.#run(['apt-get', ...settings, ...this.#waits(), ...how, 'install', ...packages]);
  }

  /** `exitCode` is 0 also where some sources failed: `complaints` tells them. */
  async update(): Promise<AptResult & { readonly complaints: string }> {
    this.#options.progress('updating the package lists');
    const result = await this.#run(['apt-get', ...settings, ...this.#waits(), 'update']);
    const lines = result.output
      .split('\n')
      .filter((line) => /^(?:E:|W: Failed|W: Some|Err:|Error:)/.test(line));
    return { ...result, complaints: lines.join('\n') };
  }

  /** Finishes what an interrupted dpkg left. */
  configure(): Promise<AptResult> {
    return this.#run(['dpkg', '--force-confold', '--force-confdef', '--configure', '-a']);
  }

  #waits(): string[] {
    const { proxy } = this.#options;
    // Covers dpkg's own locks (apt 1.9.11); those of the lists and of the
    // archives are waited for by trying again.
    const wait = `-oDPkg::Lock::Timeout=${Math.max(1, Math.ceil((this.#lockedUntil - performance.now()) / 1000))}`;
    return [wait, ...(proxy ? [`-oAcquire::http::Proxy=${proxy}`] : [])];
  }

  async #run(argv: readonly [string, ...string[]]): Promise<AptResult> {
    const command = argv.filter((part) => !part.startsWith('-o')).join(' ');
    for (let first = true; ; first = false) {
      const result = await this.#runOnce(argv);
      const output = `${result.stdout}\n${result.stderr}`;
      if (
        result.exitCode === 0 ||
        aptFailureKind(output) !== 'locked' ||
        performance.now() > this.#lockedUntil
      ) {
        return { command, exitCode: result.exitCode, output };
      }
      if (first) this.#options.progress('waiting for another package manager to finish');
      await sleep(1000, undefined, { signal: this.#options.signal });
    }
  }

  async #runOnce(argv: readonly [string, ...string[]]) {
    const { log, signal, progress } = this.#options;
    const status = new AptProgress(progress);
    try {
      return await runProcess(argv, {
        env: environment,
        signal,
        onLine: log,
        onStatus: (line) => status.line(line),
        // apt heeds SIGINT while it downloads and not while dpkg runs, which may then finish its package.
        endBy: (apt) => apt.kill('SIGINT'),
        grace: 20,
      });
    } catch (error) {
      if (!(error instanceof ShakedownError && isSystemError(error.cause, 'ENOENT'))) throw error;
      throw new ShakedownError({
        message: `the node has no ${argv[0]}`,
        hint: 'packages need a Debian or Ubuntu node; leave `packages` out elsewhere and use `setup`',
      });
    }
  }
}

/**
 * Seconds since the package lists were last updated; Infinity when there are none. The
 * lists themselves carry the mirror's times, and an update that finds nothing new writes
 * none, but it always uses the folder `partial`.
 */
export async function listsAge(lists: string, now = Date.now()): Promise<number> {
  const names = await readdir(lists).catch(() => []);
  if (!names.some((name) => /_(?:In)?Release$|_Packages/.test(name))) return Number.POSITIVE_INFINITY;
  const times = [join(lists, 'partial'), lists].map((path) =>
    stat(path).then(
      (found) => found.mtimeMs,
      () => 0,
    ),
  );
  return (now - Math.max(...(await Promise.all(times)))) / 1000;
}
