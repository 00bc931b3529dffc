import type { Writable } from 'node:stream';
import type { ProjectFile, ProjectPlan } from '../../common/protocol/project-protocol.ts';
import type { AgentInfo, AgentMethods } from '../../common/protocol.ts';
import type { ServiceDied } from '../../common/service-status.ts';
import type { PackedEntry } from '../../common/trees/tree-entry.ts';
import type { Command, Downloaded, DownloadOptions, TransferOptions } from '../remotes/remote.ts';
import type { RunningTask, SpawnOptions, TaskOptions, TaskResult } from './task.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Seconds; each method has a limit of its own without it. */
  readonly timeout?: number;
}

/**
 * The agent on one node, reached over its own channel of the node's one connection. Calls may run side by
 * side. All throw ShakedownError with what the agent knows (command, exit code, last lines) for a failure on
 * the node, TimeLimitError past `timeout` seconds, and ConnectionLostError when the connection is lost. An
 * aborted `signal` ends the waiting at once, and the work on the node too; who waits for a task hears of it
 * when all its processes have ended, or after some seconds without an answer.
 */
export interface Agent extends AsyncDisposable {
  readonly info: AgentInfo;
  /**
   * Aborted, with the reason, when it is no longer there: it ended, said nothing
   * for too long, or spoke nonsense.
   */
  readonly ended: AbortSignal;
  /**
   * From now on it counts as gone when it says nothing for `seconds` (at least 5), whatever is asked of it
   * meanwhile. Resolves at the next sign of life, or when it is gone.
   */
  mustAnswer(seconds: number): Promise<void>;
  call<M extends keyof AgentMethods>(
    method: M,
    params: AgentMethods[M]['params'],
    options?: CallOptions,
  ): Promise<AgentMethods[M]['result']>;
  /**
   * Runs a command to its end, which has come when its first process has ended; what that left running is
   * told. A non-zero exit is a result, not a throw. Past the limit, or when cancelled, all its processes are
   * ended.
   */
  exec(command: Command, options?: TaskOptions): Promise<TaskResult>;
  /** Starts a command and hands over its streams. */
  spawn(command: Command, options?: SpawnOptions): Promise<RunningTask>;
  /**
   * A file's bytes, read as root. Throws ShakedownError when there are more than `maxBytes` (16 MiB unless
   * told).
   */
  readFile(path: string, options?: CallOptions & { readonly maxBytes?: number }): Promise<Buffer>;
  /** As Remote.upload. */
  upload(
    directory: string,
    target: string,
    options?: TransferOptions & { readonly entries?: readonly string[] },
  ): Promise<void>;
  /**
   * Writes entries below a folder of the node, which is made if need be; folders come before what is in them.
   * Files and links take the place of what is there. Modes travel.
   */
  sendTree(entries: Iterable<PackedEntry>, target: string, options?: TransferOptions): Promise<void>;
  /**
   * Makes a project's folder ready for these files, and says which of them are to be sent there; see
   * AgentMethods.planProject. `directory` may be relative to the home of who the agent is.
   */
  planProject(directory: string, files: readonly ProjectFile[], options?: CallOptions): Promise<ProjectPlan>;
  /** As Remote.download. */
  download(paths: readonly string[], directory: string, options?: DownloadOptions): Promise<Downloaded>;
  /**
   * Brings home what the node and its services tell: logs, journals, lists. `open` is called once for each
   * report, with the name that the node gives it (see NodeReport, but it may be anything), and gives where
   * its bytes go; that is ended here, or destroyed. What `open` throws ends all of it. Gives problems as
   * sentences.
   */
  reports(
    params: ReportsParams,
    open: (name: string) => Writable | Promise<Writable>,
    options?: CallOptions,
  ): Promise<readonly string[]>;
  /** Calls back for each service that ends unasked, also for those that ended before this was called. */
  onServiceDied(listener: (died: ServiceDied) => void): void;
}

export interface ReportsParams {
  /** The beginning of what is told, ms since the epoch by the main host's clock. */
  readonly sinceMs: number;
  /** Units of systemd whose journals are wanted. */
  readonly units: readonly string[];
}

/** Where the agent's lines go. */
export interface AgentListener {
  readonly log: (message: string) => void;
  readonly progress: (message: string) => void;
}
