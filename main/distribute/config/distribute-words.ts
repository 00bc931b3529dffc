import type { Selection } from '../history/select-files.ts';
import type { SentProject } from '../project/sent-project.ts';
import type { RecordedOrder } from '../replay/past-run.ts';
import type { CommandWords } from '../suite/command-words.ts';
import type { RepetitionWords } from './repetition.ts';
import type { MachineWords } from './wish-machines.ts';

/** What the command line says. What it leaves open the config says. */
export interface DistributeWords extends MachineWords, RepetitionWords, Partial<Selection> {
  /** Globs, files and folders. */
  readonly files: readonly string[];
  readonly command: CommandWords | undefined;
  readonly localRunners?: number;
  readonly include: readonly string[];
  readonly ignore: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Seconds for one file. */
  readonly timeout?: number;
  readonly failFast?: boolean;
  /** Each process of tests loads its framework anew. */
  readonly cold?: boolean;
  /** Where the project lies as a job server's worker was sent it. */
  readonly sent?: SentProject;
  /** Whether files that take long at the end are run twice. */
  readonly copies?: boolean;
  /** Whether files that take longer than their share are run in parts. */
  readonly split?: boolean;
  /** For what runs a runner's files: `512M`. */
  readonly memory?: string;
  /** What a runner of another run ran, which is run again instead of the project's files. */
  readonly order?: RecordedOrder;
}
