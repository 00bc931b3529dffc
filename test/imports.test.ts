import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Who may import whom, as docs/architecture.md draws it; held against the imports that the sources have. */
const root = join(import.meta.dirname, '..');
const files = globSync('{common,main,node-agent}/**/*.ts', { cwd: root });
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), 'utf8');
  const found = source.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g);
  return [...found].map(([, name = '']) =>
    name.startsWith('.') ? relative(root, join(root, dirname(file), name)) : name,
  );
}

const offenders = (from: RegExp, to: RegExp, except = /^$/) =>
  [...imports].flatMap(([file, names]) =>
    from.test(file) && !except.test(file)
      ? names.filter((name) => to.test(name)).map((name) => `${file} -> ${name}`)
      : [],
  );

describe('the import graph', () => {
  test('covers the sources', () => expect(files.length).toBeGreaterThan(50));

  test('common imports only Node’s own modules, itself and the protocol’s library', () =>
    expect(offenders(/^common\//, /^(?!node:|common\/|vscode-jsonrpc)/)).toEqual([]));

  test('the agent imports common and never main; main never the agent', () => {
    expect(offenders(/^node-agent\//, /^main\//)).toEqual([]);
    expect(offenders(/^main\//, /^node-agent\//)).toEqual([]);
  });

  test('a stage imports neither run nor a command', () => {
    const stages = /^main\/(agent|checks|config|packages|phases|providers|remotes|render|report|store)\//;
    expect(offenders(stages, /^main\/(run|cli|evidence|open-run|world)\.ts$|^main\/commands\//)).toEqual([]);
  });

  test('render and report know no remote and no provider', () =>
    expect(offenders(/^main\/(render|report)\//, /^main\/(remotes|providers|agent|phases)\//)).toEqual([]));

  test('providers know no phase', () =>
    expect(offenders(/^main\/providers\//, /^main\/(phases|checks|report|agent)\//)).toEqual([]));

  test('what makes a kind of machine is loaded when that kind is asked for', () => {
    const makers = /^main\/providers\/\w+\/\w+-provider\.ts$/;
    expect(offenders(/^main\//, makers, /^main\/providers\/registry\.ts$/)).toEqual([]);
    const registry = readFileSync(join(root, 'main/providers/registry.ts'), 'utf8');
    expect(registry.match(/^import .*-provider\.ts'/gm)).toBeNull();
    expect(registry.match(/await import\('.*-provider\.ts'\)/g)).toHaveLength(7);
  });

  test('there is one process.exit on the main host, in cli.ts', () => {
    const exits = files.filter(
      (file) => file.startsWith('main/') && /process\.exit\(/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(exits).toEqual(['main/cli.ts']);
  });

  test('there are no cycles', () => expect(cycles()).toEqual([]));
});

/** Cycles among imports that exist at run time; `import type` costs nothing and is left out. */
function cycles(): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (path.includes(file) || done.has(file)) return;
    const source = readFileSync(join(root, file), 'utf8').replace(/^import type [^;]+;/gms, '');
    for (const name of imports.get(file) ?? []) {
      const written = relative(dirname(file), name);
      if (imports.has(name) && source.includes(written)) visit(name, [...path, file]);
    }
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return found;
}
