import { z } from 'zod';
import { clip, printable, printableLine } from '../../../common/text/printable.ts';

/*
 * What a node may say, by kind. Text for people is made printable and cut, and is never wrong; names, paths
 * and numbers are used as they are, and anything but one of them is an error.
 */

/** One line for people. */
export const line = (most = 500) => z.string().transform((text) => printableLine(text, most));

/** Lines for people. */
export const text = (most = 4000) =>
  z.string().transform((whole) => clip(printable(clip(whole, 4 * most)), most));

/** The last lines of an output: a hundred at most. */
export const lastLines = z
  .array(z.string())
  .transform((lines) => lines.slice(-100).map((each) => printableLine(each)));

/** A service's or a set-up step's name, as configs may give them. */
export const shortName = named(/^[A-Za-z0-9][A-Za-z0-9._@-]*$/, 'a name');

/** A unit of systemd, or the name of an init script. */
export const unitName = named(/^[A-Za-z0-9][A-Za-z0-9:_.\\@+-]*$/, 'the name of a unit');

/** A plain file name: no folder, nothing hidden. */
export const fileName = named(/^[\p{L}\p{N}_@+-][\p{L}\p{N}._@+-]*$/u, 'a file name');

/** Debian Policy 5.6.1 and 5.6.12. */
export const packageName = named(/^[a-z0-9][a-z0-9+.-]*$/, 'the name of a package');
export const packageVersion = named(/^[A-Za-z0-9.+:~-]+$/, 'a version');

/** The name of a signal, of a processor: one word. */
export const word = named(/^[A-Za-z0-9][A-Za-z0-9_+.-]*$/, 'a word');

/** An absolute path on the node. */
export const absolutePath = path(/^\//, 'an absolute path');

/** A path below a folder. */
export const relativePath = path(/^[^/]/, 'a relative path');

export const count = z.int().min(0);
export const processId = z
  .int()
  .min(0)
  .max(2 ** 32);
export const port = z.int().min(1).max(65_535);
export const exitCode = z.int().min(-1).max(255).nullable();
/** ms since the epoch, within what a Date can be. */
export const timeMs = z.number().min(0).max(8.64e15);
export const durationMs = z.number().min(0).max(1e12);

/** A list of so many entries at most. */
export const list = <T>(entry: z.ZodType<T>, most: number) => z.array(entry).max(most);

function named(pattern: RegExp, what: string) {
  return z.string().max(255).regex(pattern, `is not ${what}`);
}

function path(beginning: RegExp, what: string) {
  const isOne = (given: string) =>
    beginning.test(given) && !given.includes('\0') && !given.split('/').some((part) => part === '..');
  return z.string().max(4096).refine(isOne, `is not ${what}`);
}
