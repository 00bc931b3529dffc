/** What stands before each entry of a packed tree, as a line of JSON. Times in ms since the epoch. */
export type EntryHeader = {
  /** Its bytes as latin1, for a name need not be UTF-8; relative, with `/` between. */
  readonly path: string;
} & (
  | { readonly kind: 'file'; readonly mode: number; readonly mtimeMs: number; readonly size: number }
  | { readonly kind: 'folder'; readonly mode: number; readonly mtimeMs: number }
  /** Its target's bytes as latin1. */
  | { readonly kind: 'link'; readonly target: string }
  /** Another name of a file that has come before. */
  | { readonly kind: 'again'; readonly of: string }
);

/** An entry to be packed; `content` of a file only, of `size` bytes: it is cut, or filled up with zeros. */
export interface PackedEntry {
  readonly header: EntryHeader;
  readonly content?: Iterable<Buffer> | AsyncIterable<Buffer>;
}

/** What stands at the end: without it the stream was broken off. */
export const endOfTree = { end: true } as const;

/** Bytes of one header at most. */
export const longestHeader = 64 * 1024;

/** A path, or a link's target, as it travels, and back. */
export const packedPath = (path: string | Buffer): string => Buffer.from(path as string).toString('latin1');
export const bytesOfPath = (packed: string): Buffer => Buffer.from(packed, 'latin1');
