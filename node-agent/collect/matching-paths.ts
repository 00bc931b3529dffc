import { readdirSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** What more a pattern may have than `*` and `?`; what has none of them is read by us. */
const special = /[[\]{}()!\\]|\*\*/;

/** The paths that an absolute pattern matches, as fs.glob of Node gives them, sorted. */
export async function matchingPaths(pattern: string): Promise<string[]> {
  const [folder, name] = [dirname(pattern), basename(pattern)];
  // Mostly it is `*.log` in one folder. To load what knows all patterns costs more than the rest of a plan.
  if (!special.test(pattern) && !/[*?]/.test(folder)) return inFolder(folder, name).sort();
  const found: string[] = [];
  for await (const path of glob(pattern)) found.push(path);
  return found.sort();
}

/** Paths of what a folder has under names that match. */
function inFolder(folder: string, pattern: string): string[] {
  const parts = pattern.split(/([*?])/).map((part) => wild[part] ?? part.replaceAll(/[.+^$|]/g, '\\$&'));
  const names = new RegExp(`^${pattern.startsWith('.') ? '' : '(?!\\.)'}${parts.join('')}$`);
  return namesIn(folder)
    .filter((name) => names.test(name))
    .map((name) => join(folder, name));
}

const wild: Readonly<Record<string, string>> = { '*': '[^/]*', '?': '[^/]' };

/** None of a folder that is not there, or cannot be read. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
