/**
 * Whether a path lies in a file system that tells and does not hold: its files have no size, so tar
 * brings them empty. `/dev/shm` is in memory, and holds.
 */
export const isPseudoFile = (path: string): boolean =>
  /^\/(?:proc|sys|dev)(?:\/|$)/.test(path) && !/^\/dev\/shm(?:\/|$)/.test(path);

/** What to do instead. */
export const pseudoFile = (path: string): string => `${path}: no file on a disk; let a command print it`;
