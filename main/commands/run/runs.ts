import { UsageError } from '../../../common/errors.ts';
import { type ListedRun, listRuns, readRun } from '../../record/list-runs.ts';
import { type RunRecord, spansOf } from '../../record/run-record.ts';
import { printSummary } from '../../report/summary.ts';
import { count, duration } from '../../report/words.ts';
import { readKeptCluster } from '../../store/kept-cluster.ts';
import { pruneRuns } from '../../store/prune-runs.ts';
import type { Command } from '../command.ts';

export const runsCommand: Command = async ([action, id = 'latest'], options, { cwd, stdout, env }) => {
  if (action === 'list') {
    const runs = await listRuns(cwd);
    for (const run of runs) stdout.write(`${line(run)}\n`);
    if (runs.length === 0) stdout.write('There were no runs here.\n');
  } else if (action === 'show') {
    const run = await readRun(cwd, id);
    if (run.unreadable) throw run.unreadable;
    if (!run.record)
      throw new UsageError(`Run ${run.id} has no report: it is under way, or was killed.`, {
        hint: `less ${run.directory}/tester.log`,
      });
    printSummary(await withKeptOfToday(run.record, cwd), { stdout, env });
  } else if (action === 'prune') {
    const [kept, days] = [number(options.keep, 20, '--keep'), number(options.days, 30, '--days')];
    const deleted = await pruneRuns(cwd, { count: kept, days, clock: Date.now });
    stdout.write(
      deleted.length === 0 ? 'Nothing to delete.\n' : `Deleted ${deleted.length}: ${deleted.join(' ')}\n`,
    );
  } else {
    throw new UsageError(`There is no 'runs ${action}'; there are list, show and prune.`);
  }
  return 0;
};

/** A run's record; the machines that it kept may have been given up meanwhile. */
async function withKeptOfToday(record: RunRecord, cwd: string): Promise<RunRecord> {
  const machines = await readKeptCluster(cwd);
  const { kept, ...others } = record;
  const there = machines ? [machines.cluster, ...(machines.others ?? [])] : [];
  return there.some(({ id }) => id === kept) ? record : others;
}

function line({ id, record, unreadable }: ListedRun): string {
  if (!record) return `${id}  ?      ${unreadable?.message ?? 'no report: it is under way, or was killed'}`;
  const { verdict, scenario, nodes, durationMs } = record;
  const checks = spansOf(record, 'check');
  const passed = checks.filter((check) => check.verdict === 'pass').length;
  const counts = `${count(nodes.length, 'node')}, ${passed} of ${count(checks.length, 'check')}`;
  return `${id}  ${verdict.padEnd(5)}  ${scenario}, ${counts}, ${duration(durationMs)}`;
}

function number(value: unknown, fallback: number, flag: string): number {
  const given = value === undefined ? fallback : Number(value);
  if (Number.isInteger(given) && given >= 0) return given;
  throw new UsageError(`${flag} takes a whole number from 0; found '${value}'.`);
}
