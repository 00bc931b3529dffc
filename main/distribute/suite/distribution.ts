import type { MachineSpec } from '../../providers/provider.ts';
import type { BuildPlan } from '../build/build-plan.ts';
import type { DistributeHooks } from '../config/distribute-config.ts';
import type { Repetition } from '../hand-out/attempts.ts';
import type { WaitingFile } from '../hand-out/batch.ts';
import type { RecordedOrder } from '../replay/past-run.ts';
import type { Quarantine } from '../results/quarantine.ts';
import type { TestCommand } from './test-command.ts';
import type { WarmCommand } from './warm-command.ts';

/** All that is known of a distribution before any machine is reached. */
export interface Distribution {
  /** The project's folder, absolute, links resolved. */
  readonly directory: string;
  /**
   * Where its history lies, and by whose name it has its places on the nodes: the same folder, but
   * for a project that was sent here for one job.
   */
  readonly home: string;
  /** In the order in which they are to be begun. */
  readonly files: readonly WaitingFile[];
  readonly command: TestCommand;
  /** How its framework is kept loaded; absent where each process of tests is to load it anew. */
  readonly warm: WarmCommand | undefined;
  /** Each file has a process of its own, also where its framework is needed to tell of its tests. */
  readonly cold: boolean;
  /** Nothing is begun any more when a file has failed. */
  readonly failFast: boolean;
  readonly repetition: Repetition;
  /** Whether a runner without work runs a second copy of a file that takes long elsewhere. */
  readonly copies: boolean;
  /** What one runner ran before, which is run again just so, by one runner. */
  readonly order?: RecordedOrder;
  readonly quarantine: Quarantine;
  /** Machines that are made or borrowed; absent where the main host does it alone. */
  readonly machines?: MachinesWish;
  /** ms that a process takes beside its tests, where an earlier run found that out. */
  readonly startMs: number | undefined;
  /** Runners on the main host. */
  readonly localRunners: number;
  /** Looks for the project's files, relative to its folder. */
  readonly list: () => Promise<readonly string[]>;
  readonly hooks: DistributeHooks;
  /** What is built before the tests; absent where nothing is. */
  readonly build?: BuildPlan;
  readonly env: Readonly<Record<string, string>>;
  /** Ports of each runner. */
  readonly ports: number;
  readonly limits: Limits;
}

export interface MachinesWish {
  readonly provider: string;
  readonly options: unknown;
  readonly login: { readonly user?: string; readonly keyFile?: string };
  readonly machines: readonly MachineSpec[];
  /** Runners by the machine's id; as many as it has processors where none is told. */
  readonly runners: readonly (number | undefined)[];
  readonly rebuild: boolean;
}

/** Seconds, but for memory. */
export interface Limits {
  /** For one test file; by its history where none is told. */
  readonly file: number | undefined;
  /** For a process of tests that says nothing; none where none is told. */
  readonly silence: number | undefined;
  readonly hook: number;
  /** Bytes for a process of tests with all that it starts; any number where none is told. */
  readonly memory: number | undefined;
}
