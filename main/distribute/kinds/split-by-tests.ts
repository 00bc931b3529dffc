import type { CommandWords } from '../suite/command-words.ts';
import type { ProjectLook } from './project-look.ts';

/** How a process is made to leave out tests, beside what the user wrote. */
export interface LeavingOut {
  /** Words that are added to the command. */
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /**
   * A program for sh that runs the command, `"$@"`, and exits with its exit
   * code; `$0`: where its report goes.
   */
  readonly around?: string;
}

/**
 * How a framework is made to leave out some tests of a file, so that parts of it can be run by several
 * runners. A test of which nothing is known is left out by none of them.
 */
export interface SplitByTests {
  /**
   * What it calls a test, by its id or else its name in the results; undefined where that cannot be told.
   */
  idOf(file: string, test: string): string | undefined;
  /**
   * Which tests go together, for what leaves out one of them may leave out the others: those for which the
   * function gives the same. Only those of one id where none is told.
   */
  keys?(ids: readonly string[]): (id: string) => string;
  /** Absent where its process that stays is told with each file. */
  leaveOut?(ids: readonly string[]): LeavingOut;
  /** Whether a part that leaves out tests tells of one all the same, as of one that was skipped. */
  tellsOf?(id: string, leftOut: readonly string[], file: string): boolean;
  /** Whether the user chooses among the tests in the way that is needed here. */
  refuses?(words: CommandWords, project: ProjectLook): boolean;
}

/** Whether one of the command's words is one of these options. */
export const hasOption = (words: CommandWords, options: RegExp): boolean =>
  [words].flat().some((word) => word.split(/\s+/).some((each) => options.test(each)));
