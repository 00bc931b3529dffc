import type { Readable, Writable } from 'node:stream';
import type { CommandResult, LeftProcess } from '../../common/results.ts';
import type { ExecOptions } from '../remotes/remote.ts';

/** How a command runs on a node; see ExecOptions for the streams and limits. */
export interface TaskOptions extends ExecOptions {
  /** Who runs it; without it (and without `root`) the user that logged in. */
  readonly user?: string;
  /**
   * What becomes of processes that it leaves running: ended with it, or `keep` (the default) until the agent
   * ends.
   */
  readonly leftovers?: 'kill' | 'keep';
  /** Bytes that its processes may have together; with more they are ended. */
  readonly memory?: number;
  /** Its output is also kept under this name among the node's logs, which come home as reports. */
  readonly log?: string;
}

export type SpawnOptions = Pick<
  TaskOptions,
  'root' | 'user' | 'cwd' | 'env' | 'leftovers' | 'memory' | 'signal'
>;

/** How a task ended: both null when the connection was lost. */
export interface TaskEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** What it had left running when its first process ended, whether it was ended or kept. */
  readonly left: readonly LeftProcess[];
  /** Its processes had so many bytes, more than they may have, and were ended for that. */
  readonly outOfMemory?: number;
}

export interface TaskResult extends CommandResult {
  readonly left: readonly LeftProcess[];
}

/** A command on a node whose streams stay open. Its output must be read, or it waits. */
export interface RunningTask {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /**
   * Resolves when its first process has ended and its output is here; when it was killed, once all its
   * processes have ended or the node did not say so for some seconds; and when the connection is lost.
   */
  readonly ended: Promise<TaskEnd>;
  /** Ends all its processes on the node. */
  kill(): void;
}
