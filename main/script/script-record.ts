import { asShakedownError } from '../../common/errors.ts';
import { nodeFacts } from '../config/scenario.ts';
import type { OpenRun } from '../open-run.ts';
import type { RunResult } from '../report/reporter.ts';
import { writeEachReport } from '../report/reporters.ts';
import { version } from '../version.ts';
import type { CellEnd, CellMachine } from './run-cell.ts';
import type { ScriptOutcome, ScriptRun } from './script-result.ts';

/** What came of a run, as its caller gets it. */
export function scriptRun(open: OpenRun, cells: readonly CellEnd[]): ScriptRun {
  const { recorder, store } = open;
  const machines = cells.flatMap((cell) => cell.machines.map((machine) => outcomeOf(machine, cell)));
  const failures = recorder.failures.filter(({ verdict }) => verdict !== 'fail');
  const codes = machines.map(({ result }) => result?.exitCode ?? 3);
  const own = failures.length > 0 ? 3 : 0;
  return {
    id: store.id,
    directory: store.directory,
    verdict: recorder.verdict,
    exitCode: recorder.interrupted ? 130 : (codes.find((code) => code !== 0) ?? own),
    interrupted: recorder.interrupted,
    machines,
    failures,
  };
}

function outcomeOf(
  { name, machine, end, error }: CellMachine,
  { cell, kept, spawn, destroy }: CellEnd,
): ScriptOutcome {
  if (!end || !machine) return { name, error: asShakedownError(error).details };
  const { exitCode, timedOut, stdout, stderr, files, problems, durations } = end;
  return {
    name,
    result: {
      ...{ exitCode, timedOut, files, problems },
      stdout: stdout.text,
      stderr: stderr.text,
      stdoutFile: stdout.file,
      stderrFile: stderr.file,
      machine: {
        ...{ id: machine.id, name, address: machine.address, provider: cell.provider },
        ...(cell.os === undefined ? {} : { os: cell.os }),
        kept: kept !== undefined,
      },
      durations: { spawn, ...durations, destroy },
    },
  };
}

/** The reports that every run leaves, so that `shakedown runs` knows this one too. */
export async function writeReports(
  scenario: string,
  directory: string,
  run: ScriptRun,
  cells: readonly CellEnd[],
  open: OpenRun,
): Promise<void> {
  const { recorder, store } = open;
  const [kept] = cells.flatMap((cell) => (cell.kept ? [cell.kept.id] : []));
  const result: RunResult = {
    ...{ id: run.id, scenario, directory, verdict: run.verdict, exitCode: run.exitCode },
    startedAt: recorder.startedAt,
    durationMs: open.work.clock() - recorder.startedAt,
    provider: [...new Set(cells.map(({ cell }) => cell.provider))].join(', '),
    nodes: cells.flatMap(({ machines }) =>
      machines.flatMap(({ machine }) => (machine ? [nodeFacts(machine)] : [])),
    ),
    failures: [...recorder.failures],
    checks: [...recorder.checks],
    phases: recorder.timings(),
    installed: {},
    collectProblems: Object.fromEntries(
      run.machines.flatMap(({ result: { machine, problems } = {} }) =>
        machine && problems?.length ? [[machine.id, problems]] : [],
      ),
    ),
    versions: { shakedown: version(), node: process.version },
    ...(kept === undefined ? {} : { kept }),
  };
  await writeEachReport(result, { directory: store.directory, log: (message) => store.log(message) });
}
