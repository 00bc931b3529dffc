import { glob } from 'node:fs/promises';
import { resolve } from 'node:path';

const defaultGlob = 'config/checks/**/*.check.ts';

/**
 * The check files that the globs of a config match, absolute and in order of their names; with no globs those
 * of the default one, of which there may be none.
 */
export async function findCheckFiles(
  directory: string,
  globs: readonly { readonly path: string; readonly glob: string }[],
  complain: (path: string, message: string) => void,
): Promise<string[]> {
  if (globs.length === 0) return matches(directory, defaultGlob);
  const files = new Set<string>();
  for (const { path, glob } of globs) {
    const found = await matches(directory, glob);
    if (found.length === 0) complain(path, `no file matches '${glob}' in ${directory}`);
    for (const file of found) files.add(file);
  }
  return [...files];
}

async function matches(directory: string, pattern: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of glob(pattern, {
    cwd: directory,
    withFileTypes: true,
    exclude: ['**/node_modules/**'],
  })) {
    if (!entry.isDirectory()) files.push(resolve(directory, entry.parentPath, entry.name));
  }
  return files.sort();
}
