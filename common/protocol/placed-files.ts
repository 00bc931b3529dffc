/**
 * One entry of the working directory as it shall be. Paths are relative to it, in bytes as UTF-8, `/`
 * between.
 */
export interface TreeEntry {
  readonly path: string;
  readonly type: 'file' | 'directory' | 'link';
  /** Permission bits, as 0o755. */
  readonly mode: number;
  /** sha256 in hex of a file's bytes; a link's target. */
  readonly content?: string;
}

export interface CleanParams {
  readonly workingDir: string;
  /**
   * What is to be there in the end: whatever is already so is left, all else is removed. Empty: remove all.
   * The folders above an entry need not be named.
   */
  readonly keep: readonly TreeEntry[];
}

export interface CleanResult {
  /**
   * Paths of `keep` that are there already, byte for byte and with their mode. Of very many only
   * the first: the others are sent once more.
   */
  readonly unchanged: readonly string[];
  /** Files outside the working directory that were put back as they were before an earlier run. */
  readonly restored: readonly string[];
  /** Those that could not be, each with why: they are kept on the node, and put back by a later `clean`. */
  readonly notRestored: readonly string[];
}

export interface PlacedFile {
  /** Where it is now, absolute. A folder stands for the files in it. */
  readonly from: string;
  readonly to: string;
  readonly mode?: number;
  /** `user` or `user:group`; root unless told. */
  readonly owner?: string;
}
