// @ts-check
// Plain JavaScript: bin/start.mjs reads it before there is a compile cache, without which the first TypeScript file
// of a process costs it 80 ms (taking the types off).
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder for what outlives runs (base trees, runtimes, packages): `SHAKEDOWN_CACHE`, else `/var/cache/shakedown`
 * for root, else `shakedown` below XDG_CACHE_HOME (XDG Base Directory specification).
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
export function cacheDirectory(env) {
  if (env.SHAKEDOWN_CACHE) return env.SHAKEDOWN_CACHE;
  if (process.getuid?.() === 0) return '/var/cache/shakedown';
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'shakedown');
}
