import type { RunResult } from '../record/run-result.ts';
import type { OpenRun } from '../run/open-run.ts';
import { addToHistory, historyFile, readHistory } from './history/history-file.ts';
import { type DistributeWorld, type Here, inOwnRun } from './in-own-run.ts';
import { onMachines } from './on-machines.ts';
import { writeCombinedOutput } from './results/combined-output.ts';
import { type DistributeResult, distributeResult, writeResult } from './results/distribute-result.ts';
import { nameOfRule, type QuarantineRule } from './results/quarantine-rule.ts';
import { recordFiles } from './results/record-results.ts';
import type { FileResult } from './results/test-result.ts';
import { htmlSchedule } from './schedule/html-schedule.ts';
import type { Distribution } from './suite/distribution.ts';
import type { SuiteEnd } from './suite/run-suite.ts';
import { Suite } from './suite/suite.ts';
import { withEvents } from './suite/tell-events.ts';

/**
 * Distributes a project's test files: the machines, the nodes with their runners, the suite, its
 * results. What fails is in the result. Throws UsageError for a mistake that shows only now.
 */
export const distribute = (distribution: Distribution, world: DistributeWorld): Promise<DistributeResult> =>
  inOwnRun(distribution, world, (here) => inRun(distribution, here));

async function inRun(distribution: Distribution, here: Here): Promise<DistributeResult> {
  const { world, open } = here;
  const suite = new Suite(distribution.files, {
    batches: distribution.command.batches,
    startMs: distribution.startMs,
    order: distribution.order?.batches,
    copies: distribution.copies,
    telling: withEvents(world.telling, open.emit),
    failFast: distribution.failFast,
    repetition: distribution.repetition,
    quarantine: distribution.quarantine,
    note: (message) => open.emit({ type: 'note', message }),
  });
  tellQuarantine(distribution.quarantine.report.expired, open);
  let end: SuiteEnd = { outOfUse: [] };
  await open.attempt(async () => {
    end = await open.recorder.step('check', () => onMachines(distribution, { suite }, here));
    open.work.signal.throwIfAborted();
  });
  const files = suite.results(whyNotRun(suite, world.signal.aborted));
  const together = suite.togetherOnly;
  recordFiles(files, together, open);
  const { schedule } = suite;
  const { processes, hooks } = suite.course;
  if (schedule) open.tellPart(htmlSchedule({ schedule, processes, hooks, files }));
  const remembered = historyFile(distribution.home);
  // What is run again to look into a failure is no news of the suite.
  const history = distribution.order
    ? readHistory(remembered)
    : addToHistory(remembered, files, { startMs: suite.queue.startMs, at: world.clock() });
  await writeCombinedOutput(processes, open.store.directory).catch((error) =>
    open.store.log(`output.log: ${error}`),
  );
  const run: RunResult = await open.end();
  const outOfUse = [...end.outOfUse, ...suite.broken.nodes];
  const facts = { distribution, suite, schedule, files, together, outOfUse, history };
  const result = distributeResult(facts, run, open.store.directory);
  await writeResult(result);
  return result;
}

const tellQuarantine = (expired: readonly QuarantineRule[], open: OpenRun): void => {
  for (const rule of expired) {
    const message = `the quarantine of ${nameOfRule(rule)} ended on ${rule.until}: its failures count again (${rule.owner}: ${rule.reason})`;
    open.emit({ type: 'note', message });
  }
};

/** What is said of files without a result. */
function whyNotRun(suite: Suite, interrupted: boolean): Pick<FileResult, 'verdict' | 'message'> {
  if (interrupted) return { verdict: 'skip', message: 'the run was interrupted before it was run' };
  const { endedBy, hindered } = suite;
  if (hindered !== undefined) return { verdict: 'error', message: `it was not run, for ${hindered}` };
  if (endedBy !== undefined) return { verdict: 'skip', message: `it was not run, for ${endedBy} failed` };
  return { verdict: 'error', message: 'there was no runner left to run it' };
}
