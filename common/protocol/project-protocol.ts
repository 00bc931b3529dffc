import type { StreamId } from '../streams/stream-id.ts';

/**
 * One file of a project: its path below the project's folder, its permission bits, and the SHA-256 of its
 * bytes in hex; for a symbolic link `->` and where it points to.
 */
export type ProjectFile = readonly [path: string, mode: number, content: string];

export interface ProjectParams {
  /** The project's folder on the node: absolute, or below the home of who the agent is. */
  readonly directory: string;
}

export interface PlanProjectParams extends ProjectParams {
  /** A stream with the JSON of all the files that shall be there: ProjectFile[]. */
  readonly manifest: StreamId;
}

export interface ProjectPlan {
  /** Absolute. */
  readonly directory: string;
  /** The places in the manifest of the files that are to be sent. */
  readonly missing: readonly number[];
  /** How many files that an earlier sync brought were deleted. */
  readonly deleted: number;
}

export interface TryWritingParams {
  /** Absolute. */
  readonly folders: readonly string[];
}

/** A folder in which nothing can be written. */
export interface RefusedFolder {
  readonly folder: string;
  /** Why: a sentence. */
  readonly message: string;
}

export interface EmptyFoldersParams {
  /** Absolute. */
  readonly folders: readonly string[];
}

export interface FindProgramParams {
  /** As a shell would be given it: a name, or a path. */
  readonly program: string;
  /** Where it would be run, absolute. */
  readonly directory: string;
  /** The PATH that it would be run with; the agent's own where none is told. */
  readonly path?: string;
}

export interface TakePortsParams {
  /** How many ranges are wanted, and how many ports each has. */
  readonly ranges: number;
  readonly size: number;
}
