import module from 'node:module';

/** Node announces on stderr that what we use of it may change; that is no news for who runs it. */
export function withoutWarning<T>(action: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return action();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/**
 * TypeScript without its types, every character at its place. Throws Node's SyntaxError, with `name` in it.
 */
export const stripTypes = (source: string, name: string): string =>
  withoutWarning(() => module.stripTypeScriptTypes(source, { sourceUrl: name }));
