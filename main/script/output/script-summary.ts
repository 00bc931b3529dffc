import { describeFailure } from '../../../common/errors.ts';
import { duration, type Paint } from '../../report/words.ts';
import type { ScriptOutcome, ScriptRun } from './script-result.ts';

/** A table with a line for each machine: how it ended there, after how long, and on what. */
export function scriptTable({ machines }: ScriptRun, paint: Paint): string {
  const rows = machines.map((outcome) => [outcome.name, ended(outcome), time(outcome), what(outcome)]);
  const table = [['machine', 'exit', 'time', ''], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row, index) => {
    const cells = row.map((cell, column) => cell.padEnd(widths[column] ?? 0));
    const outcome = machines[index - 1];
    if (!outcome) return paint('gray', cells.join('  ').trimEnd());
    const colour = outcome.result?.exitCode === 0 ? 'green' : outcome.result ? 'red' : 'yellow';
    const [name = '', exit = '', ...rest] = cells;
    return [name, paint(colour, exit), ...rest].join('  ').trimEnd();
  });
  return lines.join('\n');
}

function ended({ result }: ScriptOutcome): string {
  if (!result) return 'error';
  return result.timedOut ? `${result.exitCode} (time limit)` : String(result.exitCode);
}

const time = ({ result }: ScriptOutcome): string => (result ? duration(result.durations.run) : '-');

function what({ result, error }: ScriptOutcome): string {
  if (!result)
    return describeFailure({ ...error, message: error?.message ?? 'unknown' }).split('\n')[0] ?? '';
  const { provider, os, kept } = result.machine;
  return [provider, os, kept ? 'kept' : ''].filter(Boolean).join(', ');
}
