import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Where files lie that a config names, once its scenario was brought here from another main host. */
export interface MovedPaths {
  /** The home folder there: `~/`. */
  readonly home: string;
  /** By their absolute paths there. */
  readonly files: Readonly<Record<string, string>>;
}

/** The environment variable that has them, as JSON. */
export const movedVariable = 'SHAKEDOWN_MOVED';

/**
 * The absolute path of a file or folder on this main host that a config names: relative to `directory`,
 * absolute, or below the home folder (`~/`).
 */
export function hostPath(directory: string, written: string): string {
  const { home, files } = movedPaths();
  if (!written.startsWith('~/')) {
    const path = resolve(directory, written);
    return files[path] ?? path;
  }
  const below = written.slice(2);
  return files[join(home, below)] ?? join(homedir(), below);
}

function movedPaths(): MovedPaths {
  const told = process.env[movedVariable];
  return told === undefined ? { home: homedir(), files: {} } : (JSON.parse(told) as MovedPaths);
}
