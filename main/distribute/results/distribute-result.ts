import { join } from 'node:path';
import type { FailureDetails } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { Verdict } from '../../../common/results.ts';
import { jsonPieces } from '../../../common/text/json-pieces.ts';
import type { RunResult } from '../../record/run-result.ts';
import { writeWhole } from '../../store/run-folders.ts';
import type { Flickering, History } from '../history/history.ts';
import type { RanHook, RanProcess, Schedule } from '../schedule/schedule.ts';
import type { CommandWords } from '../suite/command-words.ts';
import type { Distribution } from '../suite/distribution.ts';
import type { OutOfUse } from '../suite/run-suite.ts';
import type { SharedFailure } from '../suite/shared-failures.ts';
import type { Suite } from '../suite/suite.ts';
import { type FlakyTest, flakyTests } from './flaky.ts';
import type { QuarantineReport } from './quarantine.ts';
import { type FileResult, toTenth } from './test-result.ts';

/** What a distribution came to: `distribute.json` of its run. */
export interface DistributeResult {
  /** The run's id; its directory, absolute. */
  readonly id: string;
  readonly directory: string;
  readonly command: string;
  /** The command as it was written, with its placeholders. */
  readonly words: CommandWords;
  /** The run of which it ran again what one runner had run. */
  readonly replayOf?: string;
  readonly verdict: Verdict;
  readonly exitCode: number;
  /** ms, of all of it. */
  readonly durationMs: number;
  /** ms that the files took, one after the other. */
  readonly testsMs: number;
  /** How well the runners were used; absent where nothing ran. */
  readonly schedule?: Schedule;
  /** By their paths; each file that was handed out is there. */
  readonly files: readonly FileResult[];
  /** Files that fail when one process runs them all, and pass each alone. */
  readonly together: readonly SharedFailure[];
  /** What each runner ran, in its order. */
  readonly runners: Readonly<Record<string, readonly string[]>>;
  /** Each process of tests, and each hook that was run, in the order of their ends. */
  readonly processes: readonly RanProcess[];
  readonly hooks: readonly RanHook[];
  /** Tests that failed and passed in this run, with what is known of them from all runs. */
  readonly flaky: readonly FlakyEver[];
  /** Why files that failed were not run again, though that is asked; absent where they were. */
  readonly notRetried?: string;
  /** Rules of the quarantine that are over, or that match nothing. */
  readonly quarantine: QuarantineReport;
  /** Runners that failed what passed elsewhere, those of broken nodes among them. */
  readonly broken: readonly string[];
  /** Nodes and runners that were of no use. */
  readonly outOfUse: readonly OutOfUse[];
  /**
   * What the verdict comes from, the first cause first: tests that failed, and what else went wrong. None
   * where all passed, or where it was interrupted before anything went wrong.
   */
  readonly failures: readonly FailureDetails[];
}

/**
 * A flaky test of this run, and how often it was flaky in all runs; `runs`: how many there were of its file.
 */
export interface FlakyEver extends FlakyTest {
  readonly history: Flickering & { readonly runs: number };
}

interface Facts {
  readonly distribution: Distribution;
  readonly suite: Suite;
  readonly schedule: Schedule | undefined;
  readonly files: readonly FileResult[];
  readonly together: DistributeResult['together'];
  readonly outOfUse: readonly OutOfUse[];
  readonly history: History;
}

export function distributeResult(facts: Facts, run: RunResult, directory: string): DistributeResult {
  const { distribution, suite, schedule, files, together, outOfUse, history } = facts;
  return {
    ...{ id: run.id, directory, command: distribution.command.text, words: distribution.command.words },
    ...present({ replayOf: distribution.order?.run }),
    ...{ verdict: run.verdict, exitCode: run.exitCode, durationMs: run.durationMs },
    testsMs: toTenth(files.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    ...present({ schedule }),
    ...{ files, together },
    runners: Object.fromEntries([...suite.course.orders].sort()),
    flaky: files.flatMap(flakyTests).flatMap((test) => {
      const { runs = 0, flaky: known } = history[test.file] ?? {};
      const often = known?.[test.test ?? ''];
      return often ? [{ ...test, history: { ...often, runs } }] : [];
    }),
    ...present({ notRetried: suite.notRetried }),
    quarantine: distribution.quarantine.report,
    ...{
      processes: suite.course.processes,
      hooks: suite.course.hooks,
      broken: suite.broken.runners,
      outOfUse,
    },
    failures: run.failures,
  };
}

export const writeResult = (result: DistributeResult): Promise<void> =>
  writeWhole(join(result.directory, 'distribute.json'), jsonPieces(result));
