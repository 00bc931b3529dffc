import { existsSync, readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `from '…'`, `import '…'`, `import('…')`, `require('…')`; what is told by an expression is seen by nobody.
 */
const imported = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])([^'"\n]+)\1/g;

/**
 * What files (absolute) of a scenario, and the files of its folder that they import, import from outside of
 * the folder: `checks/a.ts imports ../shared.ts`. Packages of npm are outside, too, but shakedown's own,
 * which each worker has; types alone are needed by nobody at run time.
 */
export function importsOutside(directory: string, files: readonly string[]): readonly string[] {
  const outside = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !existsSync(file) || !statSync(file).isFile()) return;
    seen.add(file);
    const source = readFileSync(file, 'utf8')
      .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
      .replaceAll(/\bimport\s+type\b[^;\n]*/g, '');
    for (const [, , name = ''] of source.matchAll(imported)) {
      const path = pathOf(name, file);
      if (path === undefined && !isBuiltin(name) && !/^shakedown(\/|$)/.test(name))
        outside.add(told(file, name));
      else if (path !== undefined && !isInside(directory, path)) outside.add(told(file, name));
      else if (path !== undefined) visit(path);
    }
  };
  const told = (file: string, name: string) => `${relative(directory, file)} imports ${name}`;
  for (const file of files) if (/\.[cm]?[jt]s$/.test(file)) visit(file);
  return [...outside];
}

function pathOf(name: string, from: string): string | undefined {
  if (name.startsWith('file:')) return fileURLToPath(name);
  return /^(\.{0,2}\/|\.\.?$)/.test(name) ? resolve(dirname(from), name) : undefined;
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !way.startsWith('..') && !isAbsolute(way) && !way.split('/').includes('node_modules');
}
