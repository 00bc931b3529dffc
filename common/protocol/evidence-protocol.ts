import type { StreamId } from '../streams/stream-id.ts';

/** What the node knows about itself at the end of a run; sizes in bytes. */
export interface CollectPlan {
  /**
   * Absolute paths that exist and match, to be downloaded; a folder stands for all that is in it, and a
   * folder that holds something which must not travel is split into what may. No path lies below another one.
   */
  readonly paths: readonly string[];
  /** Of the globs and paths that were asked for, those that match nothing on the node. */
  readonly unmatched: readonly string[];
  /** What cannot or shall not travel, as sentences. */
  readonly problems: readonly string[];
}

export interface CollectParams {
  readonly workingDir: string;
  readonly globs: readonly string[];
  /** Files larger than this are left out and listed; bytes. */
  readonly maxFileSize: number;
}

export interface ReportsRequest {
  /** The run's beginning by the main host's clock, ms since the epoch. */
  readonly sinceMs: number;
  readonly units: readonly string[];
  /** One for each report at most. What cannot be had breaks off its stream with a sentence. */
  readonly streams: readonly StreamId[];
}

/** A piece of evidence that is under way: journals, package versions, processes … */
export interface NodeReport {
  /** A file name: `journal.log`, `etcd.log`, `packages.txt`. */
  readonly name: string;
  readonly stream: StreamId;
}
