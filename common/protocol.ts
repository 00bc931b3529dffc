import type { FailureDetails } from './errors.ts';
import type { CollectParams, CollectPlan, NodeReport, ReportsRequest } from './protocol/evidence-protocol.ts';
import type { InstallParams, InstallResult } from './protocol/installation.ts';
import type { CleanParams, CleanResult, PlacedFile } from './protocol/placed-files.ts';
import type {
  EmptyFoldersParams,
  FindProgramParams,
  PlanProjectParams,
  ProjectPlan,
  RefusedFolder,
  TakePortsParams,
  TryWritingParams,
} from './protocol/project-protocol.ts';
import type { TaskEnded, TaskParams } from './protocol/task-protocol.ts';
import type { Probe, ServiceSpec } from './ready.ts';
import type { ServiceStatus } from './service-status.ts';
import type { StreamId } from './streams/stream-id.ts';

/**
 * What the main host and the agent say to one another: JSON-RPC 2.0 (vscode-jsonrpc) over the ssh channel's
 * stdin and stdout, beside streams of bytes (`streams/`) that the main host begins. A request that fails
 * carries FailureDetails as the error's `data`. Paths are absolute on the node; times are in seconds unless
 * the name says ms.
 */
export const protocolVersion = '2';

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
  /**
   * Seconds without a sign of life after which the main host counts as gone, where they are fewer than usual.
   */
  readonly aliveWithin?: number;
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
  /** What runs command lines: bash where the node has it. */
  readonly shell: 'bash' | 'sh';
  /** The node's clock, ms since the epoch. */
  readonly clockMs: number;
  /** The node's own word for this boot: another one after each, in containers too. */
  readonly boot: string;
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
  /**
   * Looks at a project's folder: deletes what an earlier sync brought and the manifest has not, and says what
   * must be sent. Then `checkProject` looks at what came; it gives the files that are not as they should be.
   */
  planProject: { params: PlanProjectParams; result: ProjectPlan };
  checkProject: { params: Record<string, never>; result: { readonly wrong: readonly number[] } };
  /** Writes something into each of these folders and takes it away; gives those in which that fails. */
  tryWriting: {
    params: TryWritingParams;
    result: { readonly refused: readonly RefusedFolder[] };
  };
  /** Makes folders, or what is in them goes; gives how many processors the node has for us. */
  emptyFolders: { params: EmptyFoldersParams; result: { readonly processors: number } };
  /** Whether a program is there that can be run. */
  findProgram: { params: FindProgramParams; result: { readonly found: boolean } };
  /** Takes ranges of ports that no other agent on the node takes until this one ends; the first of each. */
  takePorts: { params: TakePortsParams; result: { readonly ports: readonly number[] } };
  /**
   * From now on one more node may fetch this agent's own runtime at that port, by a token that is good once
   * and for a minute. See `hand-on/` on both sides.
   */
  handOn: {
    params: Record<string, never>;
    result: { readonly port: number; readonly token: string };
  };
  /** Who sees to a task's limit of memory: the kernel, by its control group, or the agent, which measures. */
  memoryLimits: { params: Record<string, never>; result: { readonly by: 'kernel' | 'measured' } };
  /** Sends a file's bytes, with root's rights. Fails past `maxBytes`, and for what is no file. */
  readFile: {
    params: { readonly path: string; readonly maxBytes: number; readonly to: StreamId };
    result: { readonly bytes: number };
  };
  /** Sends the entries of absolute paths, by their names below `base`, as a packed tree (`common/trees/`). */
  pack: {
    params: { readonly base: string; readonly paths: readonly string[]; readonly to: StreamId };
    result: {
      /** What was left out, as sentences. */
      readonly problems: readonly string[];
      /** Absolute paths of files with large holes, which were left out: tar(1) keeps those. */
      readonly sparse: readonly string[];
    };
  };
  /** Writes a packed tree below a folder, which is made if need be; gives how many entries came. */
  unpack: {
    params: { readonly directory: string; readonly from: StreamId };
    result: { readonly entries: number };
  };
  /** Starts what is still held back on the node and enabled, but for the units of services: `except`. */
  startHeldBack: {
    params: { readonly except: readonly string[] };
    result: { readonly started: readonly string[] };
  };
  /**
   * Tries until the probe finds nothing wrong, for `within` seconds at most; then it says what was wrong the
   * last time. A probe of a log needs a service and is refused.
   */
  waitFor: {
    params: {
      readonly probe: Probe;
      readonly within: number;
      /** Where a command is run, and what is added to its environment. */
      readonly workingDir: string;
      readonly env?: Readonly<Record<string, string>>;
    };
    result: { readonly problem?: string };
  };
  /** Resolves when the service is ready; a failure carries its last lines. See `stopService` for `brief`. */
  startService: {
    params: { readonly service: ServiceSpec; readonly workingDir: string; readonly brief?: boolean };
    result: ServiceStatus;
  };
  /**
   * After a restart of the node, or where services were held: makes those known that an
   * earlier agent started, and starts none. They are what they were left as, or what the boot
   * made of them, until they are started again.
   */
  resume: {
    params: { readonly services: readonly ServiceSpec[]; readonly workingDir: string };
    result: readonly ServiceStatus[];
  };
  /** Idempotent. `brief`: the answer has the state only, for whom nothing else needs to be looked up. */
  stopService: { params: { readonly name: string; readonly brief?: boolean }; result: ServiceStatus };
  /** Sends a signal (`KILL`, `STOP` …) to all its processes; its death is then expected. */
  killService: {
    /** `restart`: systemd may start the unit again; otherwise it stays down until it is started. */
    params: { readonly name: string; readonly signal: string; readonly restart?: boolean };
    result: ServiceStatus;
  };
  services: { params: Record<string, never>; result: readonly ServiceStatus[] };
  /** From now on services go on when the agent ends, and when later ones do, until `release` or `clean`. */
  hold: { params: Record<string, never>; result: Record<string, never> };
  /** Stops all services, those that are held too, also ones that this agent does not know. */
  release: { params: Record<string, never>; result: Record<string, never> };
  /** What to bring home. Also writes nothing: a full disk must not prevent it. */
  planCollection: { params: CollectParams; result: CollectPlan };
  /** Begins to send evidence of this node and its services, and answers what comes on which stream. */
  reports: {
    params: ReportsRequest;
    result: { readonly reports: readonly NodeReport[]; readonly problems: readonly string[] };
  };
}

/** The error code of a request that failed with FailureDetails in `data`. */
export const failureCode = -32000;

/** A failure without `at`, which another clock tells: how long before it was sent it happened, ms. */
export interface AgentFailureData extends Omit<FailureDetails, 'at'> {
  readonly agoMs?: number;
}
