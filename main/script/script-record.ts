import { asShakedownError } from '../../common/errors.ts';
import { version } from '../../common/version.ts';
import { nodeFacts } from '../config/scenario.ts';
import type { OpenRun } from '../open-run.ts';
import { writeEachReport } from '../report/reporters.ts';
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
  const kept = cells.find((cell) => cell.kept)?.kept;
  for (const { result } of run.machines) {
    const problems = result?.problems ?? [];
    if (result && problems.length > 0) recorder.collectProblems[result.machine.id] = problems;
  }
  const result = recorder.result({
    id: run.id,
    scenario,
    directory,
    exitCode: run.exitCode,
    provider: [...new Set(cells.map(({ cell }) => cell.provider))].join(', '),
    nodes: cells.flatMap(({ machines }) =>
      machines.flatMap(({ machine }) => (machine ? [nodeFacts(machine)] : [])),
    ),
    versions: { shakedown: version(), node: process.version },
    kept: kept?.id,
  });
  await writeEachReport(result, { directory: store.directory, log: (message) => store.log(message) });
}
