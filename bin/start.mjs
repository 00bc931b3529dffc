// Keeps what Node compiled of us, types taken off, for the next start (node:module, enableCompileCache): it halves the
// time to the first word. A folder that cannot be written is passed over, and NODE_DISABLE_COMPILE_CACHE=1 heeded.
import { existsSync } from 'node:fs';
import { enableCompileCache, registerHooks } from 'node:module';
import { join } from 'node:path';

// zod brings the words of some 60 languages, each a file; nobody asks for any but these.
registerHooks({
  resolve(name, context, next) {
    const all = name === '../locales/index.js' && context.parentURL?.includes('/node_modules/zod/v4/');
    return next(all ? '../locales/en.js' : name, context);
  },
});

/** Imports a module of ours: its source where there is one, else what was built of it. `path` has no extension. */
export async function start(path) {
  const { cacheDirectory } = await import(ours('main/context/cache-directory', 'mjs'));
  enableCompileCache(process.env.NODE_COMPILE_CACHE ?? join(cacheDirectory(process.env), 'compiled'));
  return import(ours(path, 'ts'));
}

function ours(path, extension) {
  const source = new URL(`../${path}.${extension}`, import.meta.url);
  if (existsSync(source)) return source.href;
  return new URL(`../dist/${path}.${extension.replace('ts', 'js')}`, import.meta.url).href;
}
