// Keeps what Node compiled of us, types taken off, for the next start (node:module, enableCompileCache): it halves the
// time to the first word. A folder that cannot be written is passed over, and NODE_DISABLE_COMPILE_CACHE=1 heeded.
import { existsSync } from 'node:fs';
import { enableCompileCache, registerHooks } from 'node:module';
import { join } from 'node:path';

/** In a checkout it is the sources that run; the package has a bundle of them. */
const isCheckout = existsSync(new URL('../main/cli.ts', import.meta.url));

/** Imports a module of ours: its source in a checkout, else what was built of it. `path` has no extension. */
export async function start(path) {
  const { cacheDirectory } = await import(ours('main/context/cache-directory', 'mjs'));
  enableCompileCache(process.env.NODE_COMPILE_CACHE ?? join(cacheDirectory(process.env), 'compiled'));
  if (isCheckout) leaveOutLanguages();
  else findChunks();
  return import(ours(path, isCheckout ? 'ts' : 'js'));
}

const ours = (path, extension) =>
  new URL(`../${isCheckout ? '' : 'dist/'}${path}.${extension}`, import.meta.url).href;

/** zod brings the words of some 60 languages, each a file; nobody asks for any but these. The bundle has no others. */
function leaveOutLanguages() {
  registerHooks({
    resolve(name, context, next) {
      const all = name === '../locales/index.js' && context.parentURL?.includes('/node_modules/zod/v4/');
      return next(all ? '../locales/en.js' : name, context);
    },
  });
}

/**
 * A chunk that another one names lies beside it: Node need not look for it link by link, nor for a package.json that
 * says what it is.
 */
function findChunks() {
  const dist = new URL('../dist/', import.meta.url).href;
  registerHooks({
    resolve(name, context, next) {
      if (!name.startsWith('.') || !context.parentURL?.startsWith(dist)) return next(name, context);
      return { url: new URL(name, context.parentURL).href, format: 'module', shortCircuit: true };
    },
  });
}
