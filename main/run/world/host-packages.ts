import { existsSync } from 'node:fs';
import { ShakedownError } from '../../../common/errors.ts';
import type { RunContext } from '../../context/run-context.ts';
import { rootCanBeHad } from '../../providers/host/own-root.ts';

/**
 * Throws ShakedownError when packages are missing and this user may not install any: told
 * before machines are made, which may take minutes.
 */
export async function mustBeInstallable(packages: readonly string[]): Promise<void> {
  if (packages.length === 0 || rootCanBeHad()) return;
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  throw new ShakedownError({
    message: `the scenario wants these Debian packages on the main host, and this user may not install them: ${missing.join(' ')}`,
    hint: `ask whoever administers it: apt-get install ${missing.join(' ')}`,
  });
}

/**
 * Installs the main host's own apt packages (`name` or `name=version`). dpkg's status is asked first, and
 * nothing is started when all are there. Throws ShakedownError with apt's last lines.
 */
export async function installHostPackages(
  packages: readonly string[],
  ctx: Pick<RunContext, 'signal' | 'log' | 'emit'>,
): Promise<void> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  if (!existsSync('/usr/bin/apt-get')) {
    throw new ShakedownError({
      message: `the main host has no apt, and the scenario wants these Debian packages on it: ${missing.join(' ')}`,
      hint: 'install what they hold by hand, and take them out of `packages` in config/main.config.ts',
    });
  }
  ctx.emit({ type: 'note', message: `installing on the main host: ${missing.join(' ')}` });
  const install = () => apt(['install', '-y', '-q', '--no-install-recommends', ...missing], ctx.signal);
  let result = await install();
  if (result.exitCode !== 0 && /Unable to locate|404|was not found|Failed to fetch/.test(result.all)) {
    await apt(['update', '-q'], ctx.signal);
    result = await install();
  }
  ctx.log(`apt on the main host:\n${result.all}`);
  if (result.exitCode === 0) return;
  throw new ShakedownError({
    message: `apt could not install ${missing.join(' ')} on the main host`,
    command: result.command,
    exitCode: result.exitCode,
    lastLines: result.all.trim().split('\n').slice(-8),
    hint: 'do the names in `packages` of config/main.config.ts exist in this release? apt-cache policy NAME',
  });
}

/** Those that dpkg does not list as installed, with the version that is wanted. */
async function missingPackages(packages: readonly string[]): Promise<readonly string[]> {
  if (packages.length === 0) return [];
  const names = packages.map((each) => each.split('=')[0] ?? each);
  const format = '$' + '{Package}=$' + '{Version} $' + '{db:Status-Status}\n';
  const { execa } = await import('execa');
  const { stdout = '' } = await execa('dpkg-query', ['-W', '-f', format, ...names], { reject: false });
  const present = new Set<string>();
  for (const line of stdout.split('\n')) {
    const [pinned = '', status] = line.split(' ');
    if (status === 'installed') present.add(pinned).add(pinned.split('=')[0] ?? '');
  }
  return packages.filter((each) => !present.has(each));
}

async function apt(args: readonly string[], signal: AbortSignal) {
  const root = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const command = [
    ...root,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=120',
    ...args,
  ];
  const { execa } = await import('execa');
  const result = await execa(command[0] ?? '', command.slice(1), {
    reject: false,
    all: true,
    cancelSignal: signal,
  });
  return { command: command.join(' '), exitCode: result.exitCode ?? null, all: result.all ?? '' };
}
