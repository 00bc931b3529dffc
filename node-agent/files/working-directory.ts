import { realpathSync } from 'node:fs';
import { isAbsolute, normalize, sep } from 'node:path';
import { ShakedownError } from '../../common/errors.ts';
import { isSystemError } from '../failure.ts';

/** Folders of which nothing may be removed, at whatever depth. */
const system = [
  '/bin',
  '/boot',
  '/dev',
  '/etc',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/proc',
  '/sbin',
  '/sys',
  '/usr',
];
const systemBelowVar = ['apt', 'dpkg', 'systemd', 'dbus', 'pam', 'shakedown'].map(
  (name) => `/var/lib/${name}`,
);
const withChildren = [
  ...system,
  ...systemBelowVar,
  '/var/cache/apt',
  '/var/cache/shakedown',
  '/var/mail',
  '/var/spool',
];
/** Folders that are fine as parents, and not themselves. */
const parentsOnly = /^\/(?:[^/]+|home\/[^/]+|var\/[^/]+|usr\/local|run\/[^/]*systemd|root\/\.ssh)$/;

/**
 * The working directory with links resolved, once it is sure that cleaning it does no harm: an absolute path,
 * not a folder that the system or a person lives in, nor below one. Throws ShakedownError else. It need not
 * exist.
 */
export function safeWorkingDirectory(path: string, forbidden: readonly string[] = []): string {
  if (!isAbsolute(path) || path.split(sep).includes('..') || path.includes('\0')) throw refusal(path, path);
  const plain = normalize(path).replace(/\/+$/, '') || '/';
  const real = resolved(plain);
  for (const candidate of [plain, real]) {
    if (isDangerous(candidate, forbidden)) throw refusal(path, candidate);
  }
  return real;
}

function resolved(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return path;
    throw error;
  }
}

function isDangerous(path: string, forbidden: readonly string[]): boolean {
  if (path === '/' || parentsOnly.test(path)) return true;
  if (forbidden.some((folder) => isBelow(folder, path) || isBelow(path, folder))) return true;
  if (path.startsWith('/usr/local/')) return false;
  return (
    withChildren.some((folder) => isBelow(path, folder)) ||
    withChildren.some((folder) => isBelow(folder, path))
  );
}

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

const refusal = (path: string, real: string): ShakedownError =>
  new ShakedownError({
    message: `'${path}' cannot be the working directory: ${real === path ? 'it' : `it is ${real}, which`} is not a folder that may be emptied`,
    hint: 'set `workingDir` to a folder of its own, for example /srv/shakedown/work',
  });
