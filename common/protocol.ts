import type { FailureDetails } from './errors.ts';
import type { ServiceSpec } from './ready.ts';
import type { InstalledPackage, LeftProcess } from './results.ts';

/**
 * What the main host and the agent say to one another: JSON-RPC 2.0 (vscode-jsonrpc) over the ssh channel's
 * stdin and stdout, beside streams of bytes (`streams/`) that the main host begins. A request that fails
 * carries FailureDetails as the error's `data`. Paths are absolute on the node; times are in seconds unless
 * the name says ms.
 */
export const protocolVersion = '2';

/** The id of a stream that the main host has begun, for this request. */
export type StreamId = number;

/** Bytes of one message that the agent takes, and that the main host takes of an agent. */
export const maxMessage = 16 * 1024 * 1024;
export const maxAnswer = 4 * 1024 * 1024;

export interface HelloParams {
  /** The main host's `protocolVersion`: another one is refused. */
  readonly version: string;
  readonly runId: string;
  /** Who holds the node, told to others that want it meanwhile: `user@host`. */
  readonly mainHost?: string;
  /** The main host's clock, ms since the epoch: times that it gives later are translated into the node's. */
  readonly clockMs?: number;
}

export interface AgentInfo {
  readonly version: string;
  readonly pid: number;
  readonly hostname: string;
  /** From /etc/os-release: `debian`, `12`, `bookworm`. */
  readonly os: { readonly id: string; readonly version: string; readonly codename: string };
  readonly arch: string;
  readonly kernel: string;
  readonly systemd: boolean;
  /** The node's clock, ms since the epoch. */
  readonly clockMs: number;
  /** The node's own word for this boot: another one after each, in containers too. */
  readonly boot: string;
}

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
   * Paths of `keep` that are there already, byte for byte and with their mode. Of very many only the first: the others
   * are sent once more.
   */
  readonly unchanged: readonly string[];
  /** Files outside the working directory that were put back as they were before an earlier run. */
  readonly restored: readonly string[];
}

/** A Debian source to add. */
export interface AptSource {
  /** File name in sources.list.d, without suffix. */
  readonly name: string;
  readonly uris: string;
  readonly suites: string;
  readonly components?: string;
  /** An armored key (a config may name a node file instead), or a path on the node. Without it the source is taken as trusted and the log says so. */
  readonly key?: string;
  readonly trusted?: boolean;
}

export interface InstallParams {
  /** `name` or `name=version`. */
  readonly packages: readonly string[];
  readonly debs: readonly string[];
  readonly sources: readonly AptSource[];
  /** `http://host:port` for this transaction only. */
  readonly proxy?: string;
  /** Package lists older than this many seconds are updated first; 0 updates always. */
  readonly listsMaxAge: number;
  /** Seconds to wait for dpkg's and apt's locks. */
  readonly lockWait: number;
}

export interface InstallResult {
  /** Everything that came in or changed, dependencies too. Empty when all was there. */
  readonly installed: readonly InstalledPackage[];
  /**
   * Units whose start is held back until the config is there, by this installation or an earlier one whose run did
   * not start them: `etcd` for a service, else with its suffix.
   */
  readonly heldBack: readonly string[];
}

export interface PlacedFile {
  /** Where it is now, absolute. A folder stands for the files in it. */
  readonly from: string;
  readonly to: string;
  readonly mode?: number;
  /** `user` or `user:group`; root unless told. */
  readonly owner?: string;
}

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
  /** What becomes of processes that it leaves running; those that are kept end with the agent. */
  readonly leftovers: 'kill' | 'keep';
  /** Its output is also kept under this name, among the logs. */
  readonly log?: string;
}

export interface TaskEnded {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** What was running still when its first process had ended; the first hundred. */
  readonly left: readonly LeftProcess[];
  readonly durationMs: number;
}

/** `restarting`: it has ended, and systemd is about to start it again by itself. */
export type ServiceState = 'starting' | 'ready' | 'restarting' | 'stopped' | 'died';

export interface ServiceStatus {
  readonly name: string;
  readonly state: ServiceState;
  readonly pid?: number;
  readonly exitCode?: number | null;
  readonly lastLines: readonly string[];
}

/** A service that ended though nobody asked it to. */
export interface ServiceDied {
  readonly name: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly lastLines: readonly string[];
}

/** What the node knows about itself at the end of a run; sizes in bytes. */
export interface CollectPlan {
  /**
   * Absolute paths that exist and match, to be downloaded; a folder stands for all that is in it, and a
   * folder that holds something which must not travel is split into what may. No path lies below another one.
   */
  readonly paths: readonly string[];
  /** Globs and paths that matched nothing, and what cannot or shall not travel, as sentences. */
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

/** The agent's methods, by name: what each takes and gives. */
export interface AgentMethods {
  /**
   * Comes first: takes the node for this run, or fails naming the run that has it. An agent of the same run
   * that still has it, as one that came back with a snapshot of the node's memory, leaves it to this one and
   * stops nothing.
   */
  hello: { params: HelloParams; result: AgentInfo };
  /** The node's clock, ms since the epoch. */
  clock: { params: Record<string, never>; result: { readonly clockMs: number } };
  /** Stops what an earlier run left, puts placed files back, clears the working directory. */
  clean: { params: CleanParams; result: CleanResult };
  install: { params: InstallParams; result: InstallResult };
  /** Keeps what was there (its bytes, mode and owner, or its absence) and puts the files in place. */
  place: {
    params: { readonly files: readonly PlacedFile[] };
    result: { readonly placed: readonly string[] };
  };
  /**
   * Runs a command until its first process has ended. A request that is cancelled ends all its processes, and
   * so does an stdin that breaks off. The answer may come before the last bytes of its streams.
   */
  task: { params: TaskParams; result: TaskEnded };
  /** Sends a file's bytes, with root's rights. Fails past `maxBytes`, and for what is no file. */
  readFile: {
    params: { readonly path: string; readonly maxBytes: number; readonly to: StreamId };
    result: { readonly bytes: number };
  };
  /** Starts what is still held back on the node and enabled, but for the units of services: `except`. */
  startHeldBack: {
    params: { readonly except: readonly string[] };
    result: { readonly started: readonly string[] };
  };
  /** Resolves when the service is ready; a failure carries its last lines. */
  startService: {
    params: { readonly service: ServiceSpec; readonly workingDir: string };
    result: ServiceStatus;
  };
  /**
   * After a restart of the node: makes the services known that an earlier agent of this run started, and
   * starts none. They are what the boot made of them until they are started again.
   */
  resume: {
    params: { readonly services: readonly ServiceSpec[]; readonly workingDir: string };
    result: readonly ServiceStatus[];
  };
  /** Idempotent. */
  stopService: { params: { readonly name: string }; result: ServiceStatus };
  /** Sends a signal (`KILL`, `STOP` …) to all its processes; its death is then expected. */
  killService: {
    /** `restart`: systemd may start the unit again; otherwise it stays down until it is started. */
    params: { readonly name: string; readonly signal: string; readonly restart?: boolean };
    result: ServiceStatus;
  };
  services: { params: Record<string, never>; result: readonly ServiceStatus[] };
  /** What to bring home. Also writes nothing: a full disk must not prevent it. */
  planCollection: { params: CollectParams; result: CollectPlan };
  /** Begins to send evidence of this node and its services, and answers what comes on which stream. */
  reports: {
    params: ReportsRequest;
    result: { readonly reports: readonly NodeReport[]; readonly problems: readonly string[] };
  };
}

/** What the agent tells unasked. */
export interface AgentNotifications {
  /** A line for the node's tester.log. */
  log: { readonly atMs: number; readonly message: string };
  /** A line worth showing: `installing 4 packages`. */
  progress: { readonly message: string };
  serviceDied: ServiceDied;
  /** The answer to each `alive`. */
  alive: Record<string, never>;
}

/** What the main host tells unasked. */
export interface MainNotifications {
  /** Sent every `aliveEvery` seconds; who hears nothing for `aliveWithin` takes the other side for dead. */
  alive: Record<string, never>;
}

export const aliveEvery = 15;
export const aliveWithin = 120;

/** The error code of a request that failed with FailureDetails in `data`. */
export const failureCode = -32000;

export type AgentFailureData = FailureDetails;
