import { readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { asShakedownError } from '../../../../common/errors.ts';
import { isInside } from './is-inside.ts';
import { type ModuleNeeds, moduleImports } from './module-imports.ts';

/** What the modules of a scenario import. */
export interface ImportedFiles {
  /** Absolute; the modules themselves are not among them. */
  readonly files: readonly string[];
  /** What cannot travel, each in a sentence. */
  readonly problems: readonly string[];
}

/** The flag by which a folder (absolute) of packages is taken along. */
type TakingAlong = (folder: string) => string;

/**
 * All that modules (absolute), and what they import, import by relative paths. Packages of npm travel where
 * they lie in one of the `taken` folders (absolute); shakedown's own, which each worker has, is none.
 */
export function importedFiles(
  modules: readonly string[],
  taken: readonly string[],
  taking: TakingAlong = (folder) => `--with ${folder}`,
): ImportedFiles {
  const files = new Set<string>();
  const problems: string[] = [];
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !/\.[cm]?[jt]s$/.test(file)) return;
    seen.add(file);
    const { imports, urls } = needsOf(file, problems);
    for (const url of urls) {
      const path = resolve(dirname(file), plain(url));
      if (isFile(path)) files.add(path);
    }
    for (const name of imports) {
      if (isBuiltin(name) || /^shakedown(\/|$)/.test(name) || /^(data|https?):/.test(name)) continue;
      const found = /^\.{1,2}(\/|$)/.test(name) ? fileMeant(resolve(dirname(file), plain(name))) : undefined;
      const problem = found === undefined ? problemOf(name, file, { taken, taking }) : undefined;
      if (found !== undefined) files.add(found);
      if (found !== undefined) visit(found);
      if (problem !== undefined) problems.push(`${file} imports ${name}, ${problem}`);
    }
  };
  for (const each of modules) visit(each);
  return { files: [...files], problems };
}

/** Without what Vite takes behind a name: `?raw`. */
const plain = (name: string): string => name.replace(/[?#].*$/s, '');

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

function needsOf(file: string, problems: string[]): ModuleNeeds {
  try {
    return moduleImports(readFileSync(file, 'utf8'), file);
  } catch (error) {
    problems.push(asShakedownError(error).message);
    return { imports: [], urls: [] };
  }
}

/** What a path may leave out, or say otherwise, for Vitest. */
const endings = ['', '.ts', '.mts', '.js', '.mjs', '.cjs', '.cts', '.tsx', '.jsx', '.json'];

function fileMeant(path: string): string | undefined {
  const bare = path.replace(/\.([cm]?)js$/, '.$1ts');
  const all = [
    ...endings.map((ending) => path + ending),
    bare,
    ...endings.map((e) => join(path, `index${e}`)),
  ];
  return all.find(isFile);
}

function problemOf(
  name: string,
  from: string,
  { taken, taking }: { readonly taken: readonly string[]; readonly taking: TakingAlong },
): string | undefined {
  if (/^\.{1,2}(\/|$)/.test(name)) return 'which is not there';
  if (/^(\/|file:)/.test(name)) return 'an absolute path: import it by a relative one';
  const modules = name.startsWith('#') ? undefined : modulesWith(name, dirname(from));
  if (modules !== undefined && taken.some((folder) => isInside(folder, modules))) return undefined;
  if (modules === undefined) return 'which is no file beside it: workers do not know what that is';
  const folder = modules.slice(0, modules.lastIndexOf('/node_modules/') + '/node_modules'.length);
  return `a package of npm: ${taking(folder)} takes those packages along`;
}

/** The folder of a package as Node finds it from a folder: in the nearest `node_modules` that has it. */
function modulesWith(name: string, folder: string): string | undefined {
  const packageName = name.split('/', name.startsWith('@') ? 2 : 1).join('/');
  const there = join(folder, 'node_modules', packageName);
  if (statSync(there, { throwIfNoEntry: false })?.isDirectory()) return there;
  return folder === dirname(folder) ? undefined : modulesWith(name, dirname(folder));
}
