import { ShakedownError } from '../../common/errors.ts';
import type { InstalledPackage } from '../../common/results.ts';
import { isSystemError } from '../failure.ts';
import { lastLinesOf } from '../output-buffer.ts';
import { runProcess } from '../process.ts';
import type { PackageStatus } from './status-file.ts';

/**
 * Whether `name`, `name:arch` or `name=version` is installed; a name without a version may be a provided one.
 */
export function isInstalled(wanted: string, packages: readonly PackageStatus[]): boolean {
  const { name, architecture, version } = parseWanted(wanted);
  return packages.some(
    (one) =>
      one.status[1] === 'i' &&
      (one.name === name || (version === undefined && one.provides.includes(name))) &&
      (version === undefined || one.version === version) &&
      (architecture === undefined || one.architecture === architecture || one.architecture === 'all'),
  );
}

export interface Wanted {
  readonly name: string;
  readonly architecture?: string;
  readonly version?: string;
}

/**
 * Throws ShakedownError for what is no package name (Debian Policy 5.6.1) and could be an option of apt's.
 */
export function parseWanted(wanted: string): Wanted {
  const match = /^([a-z0-9][a-z0-9+.-]*)(?::([a-z0-9-]+))?(?:=([A-Za-z0-9.+:~-]+))?$/.exec(wanted);
  if (!match?.[1]) {
    throw new ShakedownError({
      message: `'${wanted}' is not the name of a package`,
      hint: 'write `name` or `name=version`',
    });
  }
  const [, name, architecture, version] = match;
  return { name, ...(architecture ? { architecture } : {}), ...(version ? { version } : {}) };
}

/** Whether dpkg was interrupted: packages that are unpacked but not configured, or worse. */
export const isHalfDone = (packages: readonly PackageStatus[]): boolean =>
  packages.some((one) => /^.[UFHWt]/.test(one.status));

/** What is installed now and was not, or not in that version. */
export function whatCameIn(
  before: readonly PackageStatus[],
  after: readonly PackageStatus[],
): InstalledPackage[] {
  const key = (one: PackageStatus) => `${one.name}:${one.architecture}`;
  const old = new Map(before.filter((one) => one.status[1] === 'i').map((one) => [key(one), one.version]));
  return after
    .filter((one) => one.status[1] === 'i' && old.get(key(one)) !== one.version)
    .map((one) => {
      const previous = old.get(key(one));
      return { name: one.name, version: one.version, ...(previous === undefined ? {} : { previous }) };
    });
}

/** Name, version and architecture that a .deb file declares. Throws ShakedownError when it is none. */
export async function readDeb(file: string, signal?: AbortSignal): Promise<Wanted & { version: string }> {
  const text = await runDpkg(['dpkg-deb', '-f', file, 'Package', 'Version', 'Architecture'], signal);
  const fields = Object.fromEntries(
    [...text.matchAll(/^([A-Za-z]+): *(.*)$/gm)].map(([, field = '', value = '']) => [field, value]),
  );
  const { Package: name = '', Version: version = '', Architecture: architecture = '' } = fields;
  return { name, version, architecture };
}

async function runDpkg(argv: readonly [string, ...string[]], signal?: AbortSignal): Promise<string> {
  const whole: string[] = [];
  const result = await runProcess(argv, {
    signal,
    env: { LC_ALL: 'C' },
    onLine: (line) => whole.push(line),
  }).catch((error: unknown) => {
    if (!(error instanceof ShakedownError && isSystemError(error.cause, 'ENOENT'))) throw error;
    throw new ShakedownError({
      message: `the node has no ${argv[0]}`,
      hint: 'packages need a Debian or Ubuntu node; leave `packages` out elsewhere and use `setup`',
    });
  });
  if (result.exitCode === 0) return whole.join('\n');
  throw new ShakedownError({
    message: `${argv[0]} failed`,
    command: argv.join(' '),
    exitCode: result.exitCode,
    lastLines: lastLinesOf(result.stderr || result.stdout),
  });
}
