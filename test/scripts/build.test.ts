import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { bundle } from '../../scripts/build/bundle.ts';
import { entriesOf } from '../../scripts/build/entries.ts';
import { installPackage } from '../../scripts/build/install.ts';
import { licencesOf } from '../../scripts/build/licences.ts';
import { loadedBy } from '../main/commands/command-line/loaded-by.ts';
import { scenarioOf } from '../main/config/scenario-folder.ts';

const root = join(import.meta.dirname, '..', '..');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const aFolder = (): string => mkdtempSync(join(tmpdir(), 'package-'));

function write(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

describe('the package', () => {
  const folder = aFolder();
  const dist = join(folder, 'node_modules/shakedown/dist');
  let program: string;

  beforeAll(async () => {
    program = await installPackage(root, folder);
    // What is wrong with types is told elsewhere, and finding it takes longest.
    const types = ['-p', join(root, 'tsconfig.build.json'), '--outDir', dist, '--noCheck'];
    await execa('tsc', types, { cwd: root, preferLocal: true });
  });

  test('has all that lies beside the sources, each shell program included, where it lies there', () => {
    const others = globSync('{main,common}/**/*.*', { cwd: root, exclude: ['**/*.ts'] });
    expect(others.filter((file) => file.endsWith('.sh')).length).toBeGreaterThan(50);
    for (const file of others)
      expect(readFileSync(join(dist, file)), file).toEqual(readFileSync(join(root, file)));
  });

  test('has a module at its place for whoever asks for it by its path', () => {
    const entries = Object.keys(entriesOf(root));
    const programs = [
      'main/cli',
      'main/virt/main',
      'main/checks/vitest/vitest-host',
      'main/jobs/worker/task-program',
    ];
    expect(entries).toEqual(expect.arrayContaining([...programs, 'main/index', 'main/checks/check-api']));
    for (const entry of entries) expect(existsSync(join(dist, `${entry}.js`)), entry).toBe(true);
    const exported = Object.values(manifest.exports['.']).filter((file) => String(file).includes('dist/'));
    for (const file of exported) expect(existsSync(join(dist, '..', String(file))), String(file)).toBe(true);
  });

  test('runs by itself', async () => {
    const { stdout } = await execa(process.execPath, [program, '--version'], { cwd: folder });
    expect(stdout).toContain(`shakedown/${manifest.version}`);
    expect(readdirSync(dist)).toContain('agent.cjs');
    expect(manifest.files).toContain('dist');
  });

  test('reads a config from few files, and none of them is of another npm package', async () => {
    const { directory } = scenarioOf({ nodes: 'nspawn({ count: 2 })' });
    const { packages, ours } = await loadedBy(program, ['config'], directory);
    expect(packages).toEqual([]);
    expect(ours.length).toBeLessThan(100);
  });

  test('has no chunks in a circle, of which one would run before it has what it asks of Node', () => {
    const imports = new Map(
      globSync('**/*.js', { cwd: dist }).map((file) => {
        const names = readFileSync(join(dist, file), 'utf8').matchAll(/^(?:im|ex)port .*?"(\.[^"]+)";$/gm);
        return [file, [...names].map(([, name = '']) => join(dirname(file), name))];
      }),
    );
    expect([...imports.values()].flat().filter((file) => !imports.has(file))).toEqual([]);
    // Who imports nothing that is left is taken out, until none is left or only circles are.
    for (let before = imports.size + 1; imports.size < before; ) {
      before = imports.size;
      for (const [file, others] of imports)
        if (!others.some((other) => imports.has(other))) imports.delete(file);
    }
    expect([...imports.keys()]).toEqual([]);
  });

  test('tells a user’s compiler what everything is', async () => {
    const config = `import { defineMain, type MainConfig, nspawn, openCluster } from 'shakedown';
      import { test } from 'shakedown/check';
      const config: MainConfig = defineMain({ nodes: nspawn({ count: 2 }) });
      test('it runs', async ({ cluster }) => void (await cluster.node(0).sh('true')));
      // @ts-expect-error It is count.
      nspawn({ cuont: 2 });
      // @ts-expect-error A path or nothing.
      export default [config, openCluster(7)];`;
    writeFileSync(join(folder, 'a.ts'), config);
    const words = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck'];
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
    await execa('tsc', [...words, ...types, 'a.ts'], { cwd: folder, localDir: root, preferLocal: true });
  });

  test('has the licences of all npm packages that are in it, and names those that are not', () => {
    const licences = readFileSync(join(dist, 'THIRD-PARTY-LICENCES.txt'), 'utf8');
    expect(licences).toMatch(/^zod 4\.\S+ \(MIT\)\n\nMIT License\n/m);
    // In the agent, too.
    expect(licences).toMatch(/^vscode-jsonrpc \S+ \(MIT\)$/m);
    const bundled = [...licences.matchAll(/^(\S+) \d\S* \([^)]+\)$/gm)].map(([, name = '']) => name);
    const code = globSync('**/*.js', { cwd: dist }).map((file) => readFileSync(join(dist, file), 'utf8'));
    const imported = code.flatMap((text) =>
      [...text.matchAll(/^import .*?["']([^."'][^"']*)["'];$/gm)].map(([, name = '']) => name),
    );
    const packages = imported.filter((name) => !/^node:/.test(name) && !isBuiltin(name));
    const beside = Object.keys(manifest.dependencies);
    expect(
      packages.filter((name) => !beside.some((one) => name === one || name.startsWith(`${one}/`))),
    ).toEqual([]);
    expect(beside.filter((name) => bundled.includes(name))).toEqual(['zod']);
  });
});

describe('a build ends with an error', () => {
  /** A checkout of one module, which the program is. */
  function checkout(source: string): string {
    const folder = aFolder();
    write(folder, 'package.json', JSON.stringify({ exports: {}, dependencies: {} }));
    write(folder, 'bin/shakedown.mjs', "await start('main/cli');\n");
    write(folder, 'main/cli.ts', source);
    return folder;
  }

  const build = (source: string) => {
    const folder = checkout(source);
    return bundle(folder, join(folder, 'dist'));
  };

  test('where a module asks for another one that is not there', async () => {
    await expect(build("export const gone = ownModule(import.meta.url, './gone');\n")).rejects.toThrow(
      /main\/gone/,
    );
    await expect(build("import './gone.ts';\n")).rejects.toThrow(/gone/);
    await expect(build("import 'no-such-package';\n")).rejects.toThrow(/no-such-package/);
  });

  test('where nobody can tell which module one asks for', async () => {
    await expect(build('ownModuleFile(import.meta.url, name);\n')).rejects.toThrow(
      'main/cli.ts: of ownModuleFile(import.meta.url, name) nobody can tell which module it means',
    );
  });

  test('where a module asks what it is in another way than the build knows', async () => {
    await expect(build('console.log(import.meta.filename);\n')).rejects.toThrow(
      /main\/cli\.ts.*import\.meta\.filename/s,
    );
  });

  test('where an npm package has no licence text', () => {
    const folder = aFolder();
    write(
      folder,
      'node_modules/mine/package.json',
      '{ "name": "mine", "version": "1.0.0", "license": "none" }',
    );
    expect(() => licencesOf([join(folder, 'node_modules/mine/index.js')])).toThrow(
      'mine has no licence text',
    );
  });
});

test('a module finds what lies beside it as it did in the checkout, in whichever chunk it came to be', async () => {
  const folder = aFolder();
  const home = aFolder();
  write(folder, 'package.json', JSON.stringify({ exports: {}, dependencies: {} }));
  write(folder, 'bin/shakedown.mjs', "await start('main/cli');\nawait start('main/deep/other');\n");
  write(folder, 'main/deep/shared.ts', 'export const here = [import.meta.dirname, import.meta.url];\n');
  const both = "import { here } from './deep/shared.ts';\nconsole.log(JSON.stringify(here));\n";
  write(folder, 'main/cli.ts', both);
  write(folder, 'main/deep/other.ts', both.replace('./deep', '.'));
  await bundle(folder, home);
  for (const name of ['cli', 'deep/other']) {
    const { stdout } = await execa(process.execPath, [join(home, `main/${name}.js`)]);
    expect(JSON.parse(stdout)).toEqual([join(home, 'main/deep'), `file://${home}/main/deep/shared.js`]);
  }
  expect(readdirSync(join(home, 'chunks'))).toHaveLength(1);
});

test('a module has what it asks of Node, and Node makes none of what nobody asks for', async () => {
  const folder = aFolder();
  write(folder, 'package.json', JSON.stringify({ exports: {}, dependencies: {} }));
  write(folder, 'bin/shakedown.mjs', "await start('main/cli');\n");
  const source = `import fs, { existsSync, default as same } from 'node:fs';
    import { Agent as One, request } from 'node:http';
    import * as path from 'node:path';
    import self from 'node:process';
    const there = [fs.existsSync, existsSync, same.existsSync, One, request, path.join];
    const fetches = self.moduleLoadList.filter((name) => /undici/.test(name));
    console.log(JSON.stringify([there.map((each) => typeof each), fetches]));`;
  write(folder, 'main/cli.ts', source);
  await bundle(folder, join(folder, 'dist'));
  const { stdout } = await execa(process.execPath, [join(folder, 'dist/main/cli.js')]);
  expect(JSON.parse(stdout)).toEqual([Array(6).fill('function'), []]);
});
