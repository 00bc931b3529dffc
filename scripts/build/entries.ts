import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * The modules that keep a place of their own in the package, because somebody asks for them by their path:
 * bin's programs, what package.json exports, and what our sources load or start by `ownModule` and
 * `ownModuleFile`. Each is a path in the checkout (`/…/main/cli.ts`) by its name in the bundle (`main/cli`).
 * Throws where a call of those two does not say plainly which module it means.
 */
export function entriesOf(root: string): Readonly<Record<string, string>> {
  const files = [...startedByBin(root), ...exported(root), ...namedBySources(root)];
  return Object.fromEntries(files.map((file) => [file.replace(/\.ts$/, ''), join(root, file)]));
}

/** Where the two functions themselves stand. */
const definition = 'main/context/own-module.ts';

const startedByBin = (root: string): readonly string[] =>
  globSync('bin/*.mjs', { cwd: root }).flatMap((file) => {
    const calls = readFileSync(join(root, file), 'utf8').matchAll(/\bstart\('([^']+)'\)/g);
    return [...calls].map(([, path]) => `${path}.ts`);
  });

function exported(root: string): readonly string[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const built = Object.values(exports).flatMap((place) =>
    typeof place === 'object' ? [(place as { readonly default: string }).default] : [],
  );
  return built.map((file) => file.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts'));
}

function namedBySources(root: string): readonly string[] {
  return globSync('main/**/*.ts', { cwd: root, exclude: [definition] }).flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    return [...source.matchAll(/\bownModule(?:File)?\(([^)]*)\)/g)].map(([call, words = '']) => {
      const path = /^import\.meta\.url, '([^']+)'$/.exec(words)?.[1];
      if (path === undefined) throw new Error(`${file}: of ${call} nobody can tell which module it means`);
      return relative(root, join(root, dirname(file), `${path}.ts`));
    });
  });
}
