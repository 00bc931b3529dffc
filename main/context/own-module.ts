import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The URL of another module of ours, for whoever loads or starts it by its path: TypeScript in the source
 * tree, JavaScript in the package, as the module that asks. `from` is that module's `import.meta.url`, `path`
 * is relative to it and has no extension. The build (scripts/build/entries.ts) reads these calls and gives
 * each such module a file at its place, so both arguments must stand in the call as they are.
 */
export const ownModule = (from: string, path: string): string => new URL(path + extname(from), from).href;

/** As `ownModule`, as a file's path. */
export const ownModuleFile = (from: string, path: string): string => fileURLToPath(ownModule(from, path));
