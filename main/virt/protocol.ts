import { UsageError } from '../../common/errors.ts';

/** One line of the caller, its words decoded. */
export interface VirtCommand {
  readonly name: string;
  readonly args: readonly string[];
}

/**
 * Reads `copydown /a%20b /c`: words between spaces, each URL-encoded. Throws
 * UsageError for an encoding that is none.
 */
export function parseLine(line: string): VirtCommand {
  const [name = '', ...args] = line.trim().split(/\s+/);
  try {
    return { name, args: args.map(decodeURIComponent) };
  } catch {
    throw new UsageError(`'${line}' is not URL-encoded as the virtualisation server's protocol wants it.`);
  }
}

/** `ok` and what else is told. A word that may hold anything is to be encoded by `encodeWord` before. */
export const okLine = (words: readonly string[] = []): string => `${['ok', ...words].join(' ')}\n`;

/** A word as the protocol takes it: a space, a comma or a percent sign in it stand for themselves. */
export const encodeWord = (word: string): string => encodeURIComponent(word).replaceAll('%2F', '/');
