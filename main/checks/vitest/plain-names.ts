import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Vite and Vitest take `#`, `?` and `%41` in a path for what they mean in an address, and `\` for `/`. */
const stands: Readonly<Record<string, string>> = { '#': '＃', '?': '？', '%': '％', '\\': '＼' };

const isOdd = (path: string): boolean => /[#?%\\]/.test(path);
const plain = (path: string): string => path.replaceAll(/[#?%\\]/g, (sign) => stands[sign] ?? sign);

/** A folder above the scenario's with more entries is not shown whole: check files import none of it. */
const mostEntries = 500;

/**
 * Check files, and the folder that they belong to, under names that Vite can load: their own, or where those
 * have signs that it does not understand, names in a folder of links. What is told of those has the real
 * names again by `real`.
 */
export class PlainNames {
  readonly files: readonly string[];
  readonly scenarioDirectory: string;
  /** Whether they are others than the real ones: links must then not be followed to these. */
  readonly areLinks: boolean;
  /** What stands for what, the longest first. */
  readonly #pairs: readonly (readonly [alias: string, real: string])[];

  /** All paths are absolute; `folder` is an empty one with a plain name, in which links may be made. */
  constructor(files: readonly string[], scenarioDirectory: string, folder: string) {
    const odd = files.filter(isOdd);
    this.areLinks = odd.length > 0;
    if (!this.areLinks) {
      this.files = files;
      this.scenarioDirectory = scenarioDirectory;
      this.#pairs = [];
      return;
    }
    const aliasOf = (path: string) => join(folder, plain(path));
    const parents = new Set([scenarioDirectory, ...files].flatMap(above));
    for (const parent of parents) {
      const isAbove = !`${parent}/`.startsWith(`${scenarioDirectory}/`);
      linkEntries(parent, aliasOf(parent), { isAbove, except: parents });
    }
    this.files = files.map(aliasOf);
    this.scenarioDirectory = aliasOf(scenarioDirectory);
    const changed = [...parents, ...odd].filter(isOdd);
    const below = changed.filter((path) => isOdd(relative(scenarioDirectory, path)));
    this.#pairs = [
      ...changed.map((path) => [aliasOf(path), path] as const),
      ...changed.map((path) => [pathToFileURL(aliasOf(path)).href, pathToFileURL(path).href] as const),
      ...below.map((path) => relative(scenarioDirectory, path)).map((path) => [plain(path), path] as const),
      [folder, ''] as const,
    ].sort(([one], [other]) => other.length - one.length);
  }

  /** Plain data with the real names in all its texts. */
  real<T>(data: T): T {
    if (!this.areLinks) return data;
    if (typeof data === 'string')
      return this.#pairs.reduce<string>((text, [alias, real]) => text.replaceAll(alias, real), data) as T;
    if (typeof data !== 'object' || data === null) return data;
    if (Array.isArray(data)) return data.map((each) => this.real(each)) as T;
    return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, this.real(value)])) as T;
  }
}

/** The folders that a path lies in, the outermost first. */
function above(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [...above(parent), parent];
}

/** Links to all that is in a folder, but to folders that are shown themselves. */
function linkEntries(
  folder: string,
  alias: string,
  { isAbove, except }: { readonly isAbove: boolean; readonly except: ReadonlySet<string> },
): void {
  mkdirSync(alias, { recursive: true });
  const all = namesIn(folder);
  const names = isAbove && all.length > mostEntries ? all.filter((name) => name === 'node_modules') : all;
  for (const name of names) {
    const [target, link] = [join(folder, name), join(alias, plain(name))];
    if (!except.has(target) && !existsSync(link)) symlinkSync(target, link);
  }
}

/** None for a folder that may be passed and not read. */
function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
