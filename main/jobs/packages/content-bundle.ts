import { createHash } from 'node:crypto';
import { ShakedownError } from '../../../common/errors.ts';

/** Many small contents for one request: each a line with its SHA-256 and how many bytes it has, and those. */
export interface Content {
  readonly sha256: string;
  readonly bytes: Buffer;
}

/** What one bundle may have: contents, bytes of one, bytes of all with their lines. */
export const bundleBounds = { contents: 1000, each: 64 * 1024, bytes: 4 * 1024 ** 2 } as const;

/** Bytes that a content needs in a bundle: 64 digits, a blank, its size in at most 5, and the line's end. */
export const bundled = (size: number): number => size + 71;

export const bundleOf = (contents: readonly Content[]): Buffer =>
  Buffer.concat(contents.flatMap(({ sha256, bytes }) => [Buffer.from(`${sha256} ${bytes.length}\n`), bytes]));

/** Throws ShakedownError where it is no bundle, has more than it may, or a content is not what is named. */
export function contentsIn(bundle: Buffer): readonly Content[] {
  const contents: Content[] = [];
  for (let at = 0; at < bundle.length; ) {
    const line = bundle.toString('latin1', at, at + bundled(0));
    const [head, sha256 = '', size = ''] = /^([0-9a-f]{64}) (\d{1,5})\n/.exec(line) ?? [];
    if (head === undefined) throw wrong(`at byte ${at} is no line with a SHA-256 and a size`);
    const begin = at + head.length;
    at = begin + Number(size);
    if (Number(size) > bundleBounds.each) throw wrong(`${sha256} has more than ${bundleBounds.each} bytes`);
    if (at > bundle.length) throw wrong(`it ends within ${sha256}`);
    const bytes = bundle.subarray(begin, at);
    const came = createHash('sha256').update(bytes).digest('hex');
    if (came !== sha256) throw wrong(`what came has the SHA-256 ${came}, not ${sha256}`);
    contents.push({ sha256, bytes });
    if (contents.length > bundleBounds.contents)
      throw wrong(`it has more than ${bundleBounds.contents} contents`);
  }
  return contents;
}

const wrong = (what: string): ShakedownError => new ShakedownError({ message: `the bundle: ${what}` });
