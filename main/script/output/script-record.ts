import { asShakedownError } from '../../../common/errors.ts';
import type { OpenRun } from '../../run/open-run.ts';
import type { CellEnd, CellMachine } from '../cells/run-cell.ts';
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

/** Puts down in the run's record what only a script's result has. */
export function recordProblems({ machines }: ScriptRun, { recorder }: OpenRun): void {
  for (const { result } of machines) {
    const problems = result?.problems ?? [];
    if (result && problems.length > 0) recorder.collectProblems[result.machine.id] = problems;
  }
}
