import type { LeftProcess } from '../results.ts';
import type { StreamId } from '../streams/stream-id.ts';

export interface TaskParams {
  /** A shell command line, or an argument list. */
  readonly command: string | readonly string[];
  /** The user's home unless told. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The user that logged in, unless told. */
  readonly user?: string;
  /** Without it the command reads nothing. */
  readonly stdin?: StreamId;
  readonly stdout: StreamId;
  readonly stderr: StreamId;
  /** It starts no other processes: no control group is made for it. */
  readonly single?: boolean;
  /** What becomes of processes that it leaves running; those that are kept end with the agent. */
  readonly leftovers: 'kill' | 'keep';
  /** Bytes that its processes may have together; with more they are ended. */
  readonly memory?: number;
  /** Its output is also kept under this name, among the logs. */
  readonly log?: string;
}

export interface TaskEnded {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** What was running still when its first process had ended; the first hundred. */
  readonly left: readonly LeftProcess[];
  readonly durationMs: number;
  /** Its processes had so many bytes, more than they may have, and were ended for that. */
  readonly outOfMemory?: number;
}
