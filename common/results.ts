/**
 * What a check, a phase or a run came to. `fail`: the system under test is wrong; `error`: we could not tell.
 */
export type Verdict = 'pass' | 'fail' | 'error' | 'skip';

/** The phases of a run, in the order in which they are taken. */
export const phaseNames = [
  'config',
  'machines',
  'connect',
  'clean',
  'install',
  'ship',
  'setup',
  'start',
  'check',
  'stop',
  'collect',
  'destroy',
] as const;

export type PhaseName = (typeof phaseNames)[number];

/** What a command came to. A non-zero exit is a result, not an error. */
export interface CommandResult {
  /** The command as one would type it. */
  readonly command: string;
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** At most the first bytes up to the caller's bound; the rest is in `stdoutFile`. */
  readonly stdout: string;
  readonly stderr: string;
  /**
   * Set when the output passed the bound and was spooled to disk, whole, on the main
   * host: in a check, until the run ends.
   */
  readonly stdoutFile?: string;
  readonly stderrFile?: string;
  readonly durationMs: number;
}

/** A process that a command left running when it ended. */
export interface LeftProcess {
  readonly pid: number;
  /** Its command line, cut where it is long. */
  readonly command: string;
}

/** One assertion about the cluster, as it came out. */
export interface CheckResult {
  readonly name: string;
  /** `tcp`, `http`, `command`, or `test` for a test of a check file. */
  readonly kind: string;
  readonly verdict: Verdict;
  readonly durationMs: number;
  /** For a check of a file: the file, relative to the scenario's folder. */
  readonly file?: string;
  /** One paragraph: what was expected, what was found, on which node. Set unless the verdict is `pass`. */
  readonly message?: string;
  /** Longer evidence: a diff, a source excerpt, the last output. */
  readonly detail?: string;
}

/**
 * How long one phase took, on one node or (without `node`) as a whole. Times are in ms since the run began.
 */
export interface PhaseTiming {
  readonly phase: PhaseName;
  readonly node?: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly verdict: Verdict;
}

/** The layer that a node started from in place of an installation. */
export interface UsedLayer {
  /** The id that `shakedown images` names it by. */
  readonly key: string;
  /** ms since the epoch. */
  readonly madeAt: number;
  /** ms that the installation took then. */
  readonly tookMs: number;
}

/** A package that the run brought onto a machine. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** The version that was there before; absent when the package is new. */
  readonly previous?: string;
}

/** One look at a node's clock. */
export interface ClockMeasure {
  readonly node: number;
  /** ms since the run began. */
  readonly atMs: number;
  /** The node's clock minus the main host's. */
  readonly offsetMs: number;
  /** Half of the round trip in which it was asked: the offset is wrong by this at most. */
  readonly uncertaintyMs: number;
}

/** Clocks that differ by more than this are told; ms. */
export const clockTolerance = 5000;
