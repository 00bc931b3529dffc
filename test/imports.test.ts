import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Who may import whom, as docs/architecture.md draws it; held against the imports that the sources have. */
const root = join(import.meta.dirname, '..');
const files = globSync('{common,main,node-agent}/**/*.ts', { cwd: root });
const imports = new Map(files.map((file) => [file, importsOf(file)]));

/**
 * The folders and files of main, from what starts it down to what everything may use: each may import those
 * that come after it. A new one has to find its place here.
 */
const order: readonly string[] = [
  ...['cli', 'index', 'commands', 'jobs', 'virt', 'distribute', 'script'],
  // The kernel, and what it moves.
  ...['run', 'phases', 'checks', 'cluster', 'layers', 'ledger', 'faults', 'agent'],
  // What is rendered, told and kept.
  ...['render', 'report', 'record', 'store'],
  // What is wanted, and what makes and reaches machines.
  ...['config', 'providers', 'packages', 'remotes', 'secrets', 'context'],
];

/** `run` for main/run/scope.ts, `cli` for main/cli.ts. */
const roomOf = (file: string): string => file.split('/')[1]?.replace(/\.ts$/, '') ?? '';

/** All files that import sources, those by which tests and measurements do included. */
const everywhere = '{common,main,node-agent,test,bench,scripts,bin,config,examples}/**/*.{ts,mjs,mts,cjs}';
const texts = globSync(everywhere, { cwd: root }).map((file) => ({
  text: readFileSync(join(root, file), 'utf8'),
  imported: new Set(importsOf(file)),
}));

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

  test('of main’s folders points downwards, in one order that names all of them', () => {
    expect(files.filter((file) => file.startsWith('main/') && !order.includes(roomOf(file)))).toEqual([]);
    const upwards = [...imports].flatMap(([file, names]) =>
      names
        .filter((name) => order.indexOf(roomOf(name)) < order.indexOf(roomOf(file)))
        .filter((name) => name.startsWith('main/') && file.startsWith('main/'))
        .map((name) => `${file} -> ${name}`),
    );
    expect(upwards).toEqual([]);
  });

  test('what is told knows no remote and no provider', () =>
    expect(offenders(/^main\/(render|record|report)\//, /^main\/(remotes|providers|agent|phases)\//)).toEqual(
      [],
    ));

  test('what makes a kind of machine is loaded when that kind is asked for', () => {
    const makers = /^main\/providers\/\w+\/\w+-provider\.ts$/;
    expect(offenders(/^main\//, makers, /^main\/providers\/registry\.ts$/)).toEqual([]);
    const registry = readFileSync(join(root, 'main/providers/registry.ts'), 'utf8');
    expect(registry.match(/^import .*-provider\.ts'/gm)).toBeNull();
    expect(registry.match(/await import\('.*-provider\.ts'\)/g)).toHaveLength(7);
  });

  test('what bench and scripts import is there, though no compiler reads them', () => {
    const programs = globSync('{bench,scripts,bin}/**/*.mjs', { cwd: root });
    const missing = programs.flatMap((file) =>
      importsOf(file)
        .filter(
          (name) => /^(main|common|node-agent|test)\/.*\.ts$/.test(name) && !existsSync(join(root, name)),
        )
        .map((name) => `${file} -> ${name}`),
    );
    expect(missing).toEqual([]);
  });

  test('every function, constant and class that a file exports is for another file', () =>
    expect(files.flatMap(exportedForNobody)).toEqual([]));

  test('there is one process.exit on the main host, in cli.ts, and one in the program that does a task', () => {
    const exits = files.filter(
      (file) => file.startsWith('main/') && /process\.exit\(/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(exits.sort()).toEqual(['main/cli.ts', 'main/jobs/worker/task-program.ts']);
  });

  test('has no circles', () => expect(circles()).toEqual([]));
});

/** The package's own exports, programs, and what is handed on as a whole. */
const forOthers = /^main\/(index|cli|checks\/check-api|virt\/main|report\/reporters|jobs\/pages\/words)\.ts$/;

/** `file: name` for each value that no file which imports this one names. */
function exportedForNobody(file: string): string[] {
  if (forOthers.test(file)) return [];
  const users = texts.filter(({ imported }) => imported.has(file));
  const exported = readFileSync(join(root, file), 'utf8').matchAll(
    /^export (?:async |abstract )?(?:function\*?|const|class) (\w+)/gm,
  );
  return [...exported].flatMap(([, name = '']) =>
    users.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text)) ? [] : [`${file}: ${name}`],
  );
}

/** Circles of files, those by `import type` too: who reads one of them has to read them all. */
function circles(): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (path.includes(file) || done.has(file)) return;
    for (const name of imports.get(file) ?? []) if (imports.has(name)) visit(name, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  return found;
}
