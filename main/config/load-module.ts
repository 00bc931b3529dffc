import { readFileSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { constants, Script } from 'node:vm';
import { withoutWarning } from '../../common/strip-types.ts';
import { withTimeLimit } from '../../common/time-limit.ts';
import { ownModule } from '../context/own-module.ts';
import { explained, LoadError, type Location, unknownPart } from './load-errors.ts';
import { refuseExit } from './refuse-exit.ts';
import { withPlace } from './syntax-mistake.ts';

/**
 * Marks the modules of one loading. Node caches modules by their URL, so an edited file is read again only
 * under another one; the hook hands the mark on to whatever a marked module imports. Loadings are counted, so
 * that the next process has the same URLs and finds what this one has compiled of them.
 */
const mark = 'shakedown-load';

/** This very program, by whose sources or built files it runs, whatever `node_modules` the scenario sees. */
const own: Readonly<Record<string, string>> = {
  shakedown: ownModule(import.meta.url, '../index'),
  'shakedown/check': ownModule(import.meta.url, '../checks/check-api'),
};

/** Node's own `import()`, also where a test runner or bundler rewrites those that it sees. */
const nativeImport = new Script('(url) => import(url)', {
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
}).runInThisContext() as (url: string) => Promise<Readonly<Record<string, unknown>>>;

let loadings = 0;

/** The files that each loading under way has read. */
const readBy = new Map<string, string[]>();

/** How long a file may take, and what ends the waiting for it besides. */
export interface LoadLimits {
  readonly signal?: AbortSignal | undefined;
  /** 60 unless told. */
  readonly seconds?: number | undefined;
}

/**
 * Loads a config file of any folder, TypeScript or JavaScript, and gives its default export (`undefined`
 * without one). Each call reads it anew, with what it imports by path. `shakedown` and `shakedown/check` are
 * this program, which `process.exit` in such a file does not end. Throws what the file throws, in our words
 * where Node's are no help; `locate` finds out where.
 */
export async function loadModule(file: string, limits: LoadLimits = {}): Promise<unknown> {
  refuseExit(mark);
  return (await loadExports(file, limits)).default;
}

/** As `loadModule`, and gives all that it exports. */
export async function loadExports(
  file: string,
  { signal, seconds = 60 }: LoadLimits = {},
): Promise<Readonly<Record<string, unknown>>> {
  if (loadings === 0) module.registerHooks({ resolve, load });
  loadings++;
  const loading = String(loadings);
  const url = `${pathToFileURL(file).href}?${mark}=${loading}`;
  const read: string[] = [];
  readBy.set(loading, read);
  const late = () => new LoadError(`is not loaded after ${seconds} s: an 'await' in it does not come back`);
  try {
    return await withTimeLimit({ what: file, seconds, signal, late }, () =>
      withoutWarning(() => nativeImport(url)),
    );
  } catch (error) {
    throw await explained(withPlace(error, read), exportsOf);
  } finally {
    readBy.delete(loading);
  }
}

async function exportsOf(specifier: string): Promise<readonly string[]> {
  const url = own[specifier];
  return url === undefined ? [] : Object.keys(await nativeImport(url));
}

const resolve: module.ResolveHookSync = (specifier, context, nextResolve) => {
  const url = own[specifier];
  if (url !== undefined) return { url, shortCircuit: true };
  const query = context.parentURL && markOf(context.parentURL);
  const resolved = resolvedOr(specifier, context, nextResolve);
  if (!query || !isScript(resolved.url) || !/^(\.{0,2}\/|file:)/.test(specifier)) return resolved;
  return { ...resolved, url: `${resolved.url}?${mark}=${query}` };
};

/** As Node finds it; throws our own words where it is a part of shakedown that there is not. */
function resolvedOr(...[specifier, context, nextResolve]: Parameters<module.ResolveHookSync>) {
  try {
    return nextResolve(specifier, context);
  } catch (error) {
    if (!specifier.startsWith('shakedown/') || !context.parentURL?.startsWith('file:')) throw error;
    throw unknownPart(specifier, Object.keys(own), fileURLToPath(context.parentURL), error);
  }
}

const load: module.LoadHookSync = (url, context, nextLoad) => {
  if (!markOf(url)) return nextLoad(url, context);
  readBy.get(markOf(url) ?? '')?.push(fileURLToPath(url.replace(/\?.*$/, '')));
  const typescript = /\.m?ts$/.test(new URL(url).pathname);
  if (!typescript) return nextLoad(url, { ...context, format: 'module' });
  if (!url.includes('/node_modules/')) return nextLoad(url, { ...context, format: 'module-typescript' });
  // Node strips no types below node_modules, where the scenarios of an installed shakedown lie.
  const source = withoutWarning(() => module.stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8')));
  return { format: 'module', source, shortCircuit: true };
};

const markOf = (url: string): string | null =>
  url.startsWith('file:') ? new URL(url).searchParams.get(mark) : null;

const isScript = (url: string): boolean => url.startsWith('file:') && /\.m?[jt]s$/.test(url);

/**
 * Where below `directory` an error that `loadModule` threw (or a function that came from it) has its cause.
 */
export function locate(error: unknown, directory: string): Location | undefined {
  if (error instanceof LoadError) return error.place;
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const root = pathToFileURL(`${directory}/`).href;
  for (const [, url = '', line, column] of stack.matchAll(
    /(file:\/\/[^\s)]+?)(?::(\d+))?(?::(\d+))?(?=[\s)]|$)/g,
  )) {
    if (!url.startsWith(root) || line === undefined) continue;
    const caret = column ?? caretColumn(stack);
    return {
      file: fileURLToPath(url.replace(/\?.*$/, '')),
      line: Number(line),
      ...(caret === undefined ? {} : { column: Number(caret) }),
    };
  }
  return undefined;
}

/** Syntax errors show the line with a caret below it instead of a column. */
function caretColumn(stack: string): number | undefined {
  const caret = stack.split('\n').find((line) => /^\s*\^+\s*$/.test(line));
  return caret === undefined ? undefined : caret.indexOf('^') + 1;
}

/** The error's message as a person reads it: without our mark, and for Node's import errors without URLs. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.message}` : `threw ${String(error)}`;
  return withoutMark(text);
}

/** Text of an error with the paths of files instead of the URLs by which they were loaded. */
export const withoutMark = (text: string): string =>
  text.replaceAll(new RegExp(`\\?${mark}=\\d+`, 'g'), '').replaceAll('file://', '');
