import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { builtinModules } from './builtin-modules.ts';
import { entriesOf } from './entries.ts';

/**
 * Bundles our sources, and those npm packages that `dependencies` of package.json do not name,
 * into JavaScript below `target`: each of the entries at its own place (`main/cli.js`), what
 * they share in `chunks/`. Gives the files of all modules that are in it. Throws where
 * something that is imported is not there.
 */
export async function bundle(root: string, target: string): Promise<readonly string[]> {
  const build = await rolldown({
    ...{ cwd: root, input: { ...entriesOf(root) }, platform: 'node' },
    external: installedBeside(root),
    plugins: [oneLanguage, placeInPackage(root), builtinModules],
    onLog(_level, log, handle) {
      handle(log.code === 'UNRESOLVED_IMPORT' ? 'error' : 'warn', log);
    },
  });
  try {
    const { output } = await build.write({
      ...{ dir: target, format: 'esm' },
      ...{ entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    });
    return output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
  } finally {
    await build.close();
  }
}

/**
 * What npm installs with us is imported as it is, but for zod: it is there for our declarations, and most of
 * what a start loads is in it. rolldown makes the bundle, and the agent in a checkout.
 */
function installedBeside(root: string): RegExp[] {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const names = [...Object.keys(dependencies).filter((name) => name !== 'zod'), 'rolldown'];
  return names.map((name) => new RegExp(`^${name}(/|$)`));
}

/** zod brings the words of some 60 languages; bin/start.mjs leaves them out of what runs by the sources. */
const oneLanguage: Plugin = {
  name: 'one-language',
  resolveId(name, importer) {
    if (name !== '../locales/index.js' || !importer?.includes('/node_modules/zod/v4/')) return null;
    return join(dirname(importer), '../locales/en.js');
  },
};

/**
 * Stands in a module for the way from its chunk to the package's `dist`, until
 * it is known which chunk that is.
 */
const wayToDist = '__WAY_TO_DIST__';

/**
 * In a chunk, `import.meta` is the chunk's. What our modules find by theirs (shell programs, pages, one
 * another) lies in `dist` as it lies in the sources, so they are told where they would be there.
 */
const placeInPackage = (root: string): Plugin => ({
  name: 'place-in-package',
  transform(code, id) {
    if (!id.startsWith(`${root}/`) || id.includes('/node_modules/')) return null;
    const place = `${wayToDist}/${relative(root, id).replace(/\.ts$/, '.js')}`;
    return code.replaceAll(/import\.meta\.(\w+)/g, (said, name) => {
      if (name === 'url') return `new URL(${JSON.stringify(place)}, import.meta.url).href`;
      if (name === 'dirname') return placeOf(dirname(place));
      // An npm package is the same one from everywhere in the package.
      if (name === 'resolve') return said;
      throw new Error(`${id}: of ${said} the build does not know what it is in the package`);
    });
  },
  renderChunk: (code, { fileName }) => code.replaceAll(wayToDist, relative(dirname(fileName), '') || '.'),
});

const placeOf = (path: string): string =>
  `process.getBuiltinModule('node:path').join(import.meta.dirname, ${JSON.stringify(path)})`;
