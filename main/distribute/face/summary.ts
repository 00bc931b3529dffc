import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { lastLines } from '../../../common/text/last-lines.ts';
import { printable, printableLine } from '../../../common/text/printable.ts';
import { count, duration, type Paint, painter, sign, verdictWord } from '../../report/words.ts';
import type { DistributeResult } from '../results/distribute-result.ts';
import { nameOfRule } from '../results/quarantine-rule.ts';
import { type FileResult, isBad, type TestResult } from '../results/test-result.ts';
import { bestInWords } from '../schedule/best-in-words.ts';

export interface SummaryPlace {
  readonly cwd: string;
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
}

/** How many are told: of failed files, of a failed test's lines, of slow files. */
const [mostFailed, mostLines, mostSlow] = [50, 30, 5];

/** What a distribution came to: the failures with their output, one file after the other, and the figures. */
export function printSummary(result: DistributeResult, { cwd, stdout, env }: SummaryPlace): void {
  const paint = painter(stdout, env);
  const lines = [
    ...failures(result, paint),
    ...result.together.map(({ message }) => `${sign('fail', paint)} ${printable(message)}`),
    ...held(result, paint),
    ...flaky(result, paint),
    ...troubles(result),
    ...slowest(result, paint),
    ...gain(result, paint),
    ...figures(result, paint),
    `${paint('gray', 'all of it:')} ${relative(cwd, result.directory) || '.'}`,
  ];
  stdout.write(`\n${lines.join('\n')}\n`);
}

function failures({ files, directory }: DistributeResult, paint: Paint): readonly string[] {
  const bad = files.filter(isBad);
  const shown = bad.slice(0, mostFailed).flatMap((file) => failure(file, directory, paint));
  return bad.length > mostFailed
    ? [...shown, `… and ${bad.length - mostFailed} more files that failed`]
    : shown;
}

function failure(
  { file, verdict, tests, message, ran }: FileResult,
  directory: string,
  paint: Paint,
): readonly string[] {
  const bad = tests.filter(isBad);
  const why = message === undefined ? '' : `: ${printable(message)}`;
  const head = `${sign(verdict, paint)} ${paint('bold', printableLine(file))}${why}`;
  const log = ran ? [paint('gray', `  output: ${printableLine(join(directory, ran.output))}`)] : [];
  if (bad.length > 0) return [head, ...bad.flatMap((test) => failedTest(test, paint)), ...log, ''];
  return [head, ...(ran ? outputOf(join(directory, ran.output)) : []), ...log, ''];
}

function failedTest({ name, message, detail }: TestResult, paint: Paint): readonly string[] {
  const lines = lastLines(detail ?? message ?? '', mostLines).map((line) => `    ${printableLine(line)}`);
  return [`  ${paint('red', printableLine(name))}`, ...lines];
}

function outputOf(file: string): readonly string[] {
  try {
    const text = readFileSync(file)
      .subarray(-64 * 1024)
      .toString('utf8');
    return lastLines(text, mostLines).map((line) => `    ${printableLine(line)}`);
  } catch {
    return [];
  }
}

/** Failures that do not count are shown all the same. */
function held({ files }: DistributeResult, paint: Paint): readonly string[] {
  return files.flatMap(({ file, quarantined, message, tests }) =>
    [
      ...tests.filter((test) => test.quarantined).map((test) => [`${file}: ${test.name}`, test.message]),
      ...(quarantined && message !== undefined && tests.length === 0 ? [[file, message]] : []),
    ].map(
      ([name = '', why = '']) =>
        `${paint('yellow', 'quarantined')} ${printableLine(name)}: ${printable(why)}`,
    ),
  );
}

function flaky({ flaky: tests }: DistributeResult, paint: Paint): readonly string[] {
  return tests.map(({ file, test, failed, of, message, history }) => {
    const name = printableLine(test === undefined ? file : `${file}: ${test}`);
    const { since, times, runsBefore } = history;
    const runs = history.runs - runsBefore;
    const why = message === undefined ? '' : `: ${printable(message)}`;
    return `${paint('yellow', 'flaky')} ${name} failed ${failed} of ${of} times; in ${times} of ${count(runs, 'run')} since ${since}${why}`;
  });
}

const troubles = ({ broken, outOfUse, notRetried, quarantine }: DistributeResult): readonly string[] => [
  ...(notRetried === undefined ? [] : [`! ${notRetried}`]),
  ...quarantine.expired.map(
    (rule) =>
      `! the quarantine of ${printableLine(nameOfRule(rule))} ended on ${rule.until}: its failures count again (${printableLine(rule.owner)})`,
  ),
  ...quarantine.unmatched.map(
    (rule) =>
      `! the quarantine of ${printableLine(nameOfRule(rule))} matches nothing: take it out of the config (${printableLine(rule.owner)})`,
  ),
  ...broken
    .filter((runner) => !isOfNode(runner, outOfUse))
    .map((runner) => `! runner ${runner} is broken: what it failed passes elsewhere`),
  ...outOfUse.map(
    ({ node, runner, message }) =>
      `! node ${node}${runner === undefined ? '' : `, runner ${runner}`}: ${printable(message)}`,
  ),
];

/** Whether all of its node is of no use, which is told. */
const isOfNode = (runner: string, outOfUse: DistributeResult['outOfUse']): boolean =>
  outOfUse.some((each) => each.runner === undefined && runner.startsWith(`${each.node}_`));

function slowest({ files }: DistributeResult, paint: Paint): readonly string[] {
  if (files.length <= mostSlow) return [];
  const first = files.toSorted((one, other) => other.durationMs - one.durationMs).slice(0, mostSlow);
  return [
    paint(
      'gray',
      `slowest: ${first.map(({ file, durationMs }) => `${printableLine(file)} ${duration(durationMs)}`).join(', ')}`,
    ),
  ];
}

/** Beside the time of a row, of the best schedule that is known, and of what none could be below. */
function gain({ schedule, runners }: DistributeResult, paint: Paint): readonly string[] {
  if (!schedule || Object.keys(runners).length < 2) return [];
  const { wallMs, inARowMs } = schedule;
  const times =
    wallMs <= inARowMs
      ? `${(inARowMs / Math.max(1, wallMs)).toFixed(1)} times as quick`
      : `${(wallMs / Math.max(1, inARowMs)).toFixed(1)} times as long`;
  const words = `tests ran for ${duration(wallMs)}: ${times} as one process after the other`;
  return [paint('gray', `${words} (${duration(inARowMs)}); ${bestInWords(schedule)}`)];
}

function figures(result: DistributeResult, paint: Paint): readonly string[] {
  const { files, runners, testsMs, durationMs, verdict } = result;
  const tests = files.flatMap((file) => file.tests);
  const of = (list: readonly Pick<FileResult, 'verdict'>[]) => {
    const bad = list.filter(isBad).length;
    return bad === 0 ? '' : ` (${bad} failed)`;
  };
  const skipped = files.filter((file) => file.verdict === 'skip' && !file.ran).length;
  const parts = [
    `${count(files.length, 'file')}${of(files)}`,
    ...(tests.length > 0 ? [`${count(tests.length, 'test')}${of(tests)}`] : []),
    ...(skipped > 0 ? [`${skipped} not run`] : []),
    `${duration(durationMs)} on ${count(Object.keys(runners).length, 'runner')}`,
    `${duration(testsMs)} of tests`,
  ];
  return [`${verdictWord(verdict, paint)}  ${parts.join(', ')}`];
}
