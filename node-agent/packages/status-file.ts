import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import { isSystemError } from '../failure.ts';

/** A package as dpkg knows it. */
export interface PackageStatus {
  readonly name: string;
  readonly architecture: string;
  /** Empty for one that is not there at all. */
  readonly version: string;
  /**
   * Two letters, as `dpkg -l` shows them: what is wanted and what is; `ii` is installed, `rc`
   * removed with its configuration left.
   */
  readonly status: string;
  /** dpkg counts it as broken, and asks for it to be installed again. */
  readonly broken: boolean;
  /** It can be there for several architectures at once. */
  readonly multiArch: boolean;
  /** Names that it provides, without versions. */
  readonly provides: readonly string[];
}

/** Where dpkg keeps its books. */
export const dpkgDirectory = '/var/lib/dpkg';

/**
 * All packages that dpkg has on record (deb822 in `status`, and beside it in `updates` what a dpkg that was
 * interrupted had still to put there). Throws ShakedownError on a node without dpkg.
 */
export function readPackages(directory = dpkgDirectory): PackageStatus[] {
  const files = [join(directory, 'status'), ...updates(join(directory, 'updates'))];
  const found = new Map<string, PackageStatus>();
  for (const one of files.flatMap((file) => read(file).split('\n\n')).map(statusOf))
    if (one.name !== '') found.set(`${one.name}:${one.architecture}`, one);
  return [...found.values()];
}

/** In the order of their making; other names than numbers are not yet, or no longer, whole. */
function updates(directory: string): string[] {
  try {
    const names = readdirSync(directory).filter((name) => /^\d+$/.test(name));
    return names.sort().map((name) => join(directory, name));
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new ShakedownError({
      message: `the node has no ${file}, in which dpkg keeps its packages`,
      hint: 'packages need a Debian or Ubuntu node; leave `packages` out elsewhere and use `setup`',
    });
  }
}

/** For the words of a Status field: what is wanted, and what is so (dpkg-query(1)). */
const wanted: Readonly<Record<string, string>> = {
  unknown: 'u',
  install: 'i',
  hold: 'h',
  deinstall: 'r',
  purge: 'p',
};
const state: Readonly<Record<string, string>> = {
  'not-installed': 'n',
  'config-files': 'c',
  'half-installed': 'H',
  unpacked: 'U',
  'half-configured': 'F',
  'triggers-awaited': 'W',
  'triggers-pending': 't',
  installed: 'i',
};

function statusOf(record: string): PackageStatus {
  // Lines that go on with a field begin with a space, so this finds none in the middle of one.
  const text = `\n${record}\n`;
  const field = (name: string) => {
    const at = text.indexOf(`\n${name}: `);
    const begin = at + name.length + 3;
    return at < 0 ? '' : text.slice(begin, text.indexOf('\n', begin));
  };
  const [want = '', flag = '', is = ''] = field('Status').split(' ');
  const provides = field('Provides').split(',');
  return {
    name: field('Package'),
    architecture: field('Architecture'),
    version: field('Version'),
    status: `${wanted[want] ?? '?'}${state[is] ?? '?'}`,
    broken: flag !== 'ok',
    multiArch: field('Multi-Arch') === 'same',
    provides: provides.map((one) => one.trim().split(/[\s(:]/)[0] ?? '').filter(Boolean),
  };
}
