import { join } from 'node:path';
import { describeFailure, ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { count } from '../../report/words.ts';
import { writeWhole } from '../../store/run-folders.ts';
import { type DistributeWorld, type Here, inOwnRun } from '../in-own-run.ts';
import { onMachines } from '../on-machines.ts';
import type { Seat } from '../seats/seat.ts';
import type { Distribution } from '../suite/distribution.ts';
import type { SuiteEnd } from '../suite/run-suite.ts';
import { Suite } from '../suite/suite.ts';
import { silent } from '../suite/telling.ts';
import type { FailedTest } from './find-test.ts';
import { minimalSet } from './minimal-set.ts';
import { type RunSuiteHere, Trials } from './trial.ts';
import { copyUntouched } from './untouched-copy.ts';

/** What breaks a test: `bisect.json` of the run that found it out. */
export interface Bisected {
  /** Of this run: its id, and its directory, absolute. */
  readonly id: string;
  readonly directory: string;
  /** The run in which the test failed. */
  readonly of: string;
  readonly file: string;
  readonly test?: string;
  /**
   * `found`: it fails after the culprits and passes alone. `alone`: it fails by itself. `not-again`: it
   * passes after all that ran before it then. `unknown`: that could not be found out.
   */
  readonly outcome: 'found' | 'alone' | 'not-again' | 'unknown';
  /** Files; each of them is needed. */
  readonly culprits: readonly string[];
  readonly trials: number;
  /** All of it in a sentence or two. */
  readonly message: string;
  /** 0: found; 1: it is no other file's fault, or does not fail again; 3: unknown; 130: interrupted. */
  readonly exitCode: number;
}

type Found = Pick<Bisected, 'outcome' | 'culprits' | 'message'>;

/**
 * Looks for the file that breaks a test when it runs before it: the test is run alone, after all that ran
 * before it then, and after less and less of it. `distribution.order` is the test's.
 */
export const bisect = (
  distribution: Distribution,
  test: FailedTest,
  world: DistributeWorld,
): Promise<Bisected> => inOwnRun(distribution, world, (here) => inRun(distribution, test, here));

async function inRun(distribution: Distribution, test: FailedTest, here: Here): Promise<Bisected> {
  const { open } = here;
  const state: { found?: Found; trials: number } = { trials: 0 };
  let end: SuiteEnd = { outOfUse: [] };
  const use = async (seat: Seat, run: RunSuiteHere) => {
    const { signal } = open.work;
    const putBack = await copyUntouched(seat.agent, seat.project, signal);
    const all = new Trials(test, distribution, async (suite) => {
      await putBack(signal);
      await run(suite);
      signal.throwIfAborted();
    });
    try {
      state.found = await search(all, test, (message) => open.emit({ type: 'note', message }));
    } finally {
      state.trials = all.count;
      // Also after an interrupt. What goes wrong with it hides nothing of what went wrong before.
      await putBack(open.evidence.signal).catch((error) => open.work.log(String(error), seat.id));
    }
  };
  await open.attempt(async () => {
    const suite = emptySuite(distribution);
    end = await open.recorder.step('check', () =>
      onMachines(
        distribution,
        { suite, use: (seat, run, workOf) => use(seat, (each) => run(workOf(each))) },
        here,
      ),
    );
    open.work.signal.throwIfAborted();
    if (!state.found) throw new ShakedownError({ message: 'no node could run the test' });
  });
  const { found, trials } = state;
  const { id, exitCode, failures } = await open.end();
  const why = [...end.outOfUse.map(({ message }) => message), ...failures.map(describeFailure)].join('; ');
  const { outcome, culprits, message }: Found = found ?? { outcome: 'unknown', culprits: [], message: why };
  const result: Bisected = {
    ...{ id, directory: open.store.directory, of: test.order.run, file: test.file },
    ...present({ test: test.test }),
    ...{ outcome, culprits, trials, message },
    exitCode: found && exitCode === 0 ? (outcome === 'found' ? 0 : 1) : exitCode,
  };
  await writeWhole(join(result.directory, 'bisect.json'), `${JSON.stringify(result, undefined, 2)}\n`);
  return result;
}

/** `tell`: told what comes of each trial. */
async function search(trials: Trials, test: FailedTest, tell: (message: string) => void): Promise<Found> {
  const { before } = trials;
  const name = test.test === undefined ? test.file : `${test.file}: ${test.test}`;
  const fails = async (some: readonly string[]) => {
    const failed = await trials.fails(some);
    const after =
      some.length === 0 ? 'alone' : `after ${some.length === 1 ? some[0] : count(some.length, 'file')}`;
    tell(`trial ${trials.count}: ${name}, ${after}, ${failed ? 'fails' : 'passes'}`);
    return failed;
  };
  if (await fails([])) {
    return {
      outcome: 'alone',
      culprits: [],
      message: `${name} fails alone: no file that runs before it breaks it`,
    };
  }
  const { runner } = test.order;
  const then = `as on runner ${runner} in run ${test.order.run}`;
  const other = 'it depends on something else: chance, time, what other runners do at the same time';
  if (before.length === 0) {
    const message = `${name} was the first file of runner ${runner}, and passes alone now: ${other}`;
    return { outcome: 'not-again', culprits: [], message };
  }
  if (!(await fails(before))) {
    const message = `${name} passes, alone and after the ${count(before.length, 'file')} that ran before it ${then}: ${other}`;
    return { outcome: 'not-again', culprits: [], message };
  }
  const culprits = await minimalSet(before, fails);
  const message =
    culprits.length === 1
      ? `${culprits[0]} breaks ${name}: it fails after that file, and passes alone`
      : `${name} fails only when all of these run before it: ${culprits.join(', ')}`;
  return { outcome: 'found', culprits, message };
}

/** Each trial has a suite of its own. */
const emptySuite = ({ command, quarantine, repetition }: Distribution): Suite =>
  new Suite([], {
    ...{ batches: command.batches, startMs: undefined, telling: silent, failFast: false },
    ...{ repetition, quarantine, note: () => undefined },
  });
