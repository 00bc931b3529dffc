import type { ReportedCase } from '../results/reported-case.ts';
import type { ProjectLook } from './project-look.ts';
import type { SplitByTests } from './split-by-tests.ts';

/** How a framework is made to leave a report, beside what the user wrote. */
export interface Reporting {
  /** Words that are added to the command. */
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /**
   * A program for sh that runs the command, `"$@"`, exits with its exit code and leaves the report at `$0`,
   * for frameworks that cannot do that by themselves.
   */
  readonly around?: string;
}

/** How a framework is kept loaded, so that one process runs many files one after the other. */
export interface Warming {
  /** The name of the program in `loaders/` that does it, and those of files that it needs beside it. */
  readonly loader: string;
  readonly parts?: readonly string[];
  /**
   * The words that do it, of those that run some files: `{files}` is one of them. `folders`: of all test
   * files. Undefined for a command that cannot.
   */
  command(
    words: readonly string[],
    loader: string,
    folders: readonly string[],
  ): readonly string[] | undefined;
  /** Variables that hold paths, to each of which the folder of the loader is added. */
  readonly searched?: readonly string[];
}

/** A test framework. */
export interface Kind {
  readonly name: string;
  /** Whether a project has tests of this kind. */
  recognise(project: ProjectLook): boolean;
  /** Of its test files, unless the user names others. */
  readonly files: readonly string[];
  /** What is handed out, where that is not each file by itself: folders, as paths of the project. */
  units?(files: readonly string[]): readonly string[];
  /** The words that stand for what is handed out, where those are not its paths. */
  words?(units: readonly string[], project: ProjectLook): readonly string[];
  /** What runs them, unless the user writes another command. */
  command(project: ProjectLook): readonly string[];
  /** Whether a command's words run this framework. */
  readonly runs: RegExp;
  /** Absent where it cannot be kept loaded. */
  readonly warming?: Warming;
  /** Absent where it cannot leave out single tests of a file. */
  readonly splitting?: SplitByTests;
  /** Absent where it can leave none. */
  readonly reporting?: (report: string, env: Readonly<Record<string, string>>) => Reporting;
  /** Reads that report. Throws ShakedownError. */
  readonly read?: (
    text: string,
    project: ProjectLook,
  ) => readonly ReportedCase[] | Promise<readonly ReportedCase[]>;
  /** Exit codes of a file without tests. */
  readonly emptyCodes?: readonly number[];
}
