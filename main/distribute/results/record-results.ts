import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { Verdict } from '../../../common/results.ts';
import type { SpanRerun } from '../../../common/span.ts';
import type { OpenRun } from '../../run/open-run.ts';
import type { ProcessEnd } from '../executors/start-process.ts';
import { testFiles } from '../schedule/html-schedule.ts';
import type { SharedFailure } from '../suite/shared-failures.ts';
import type { Suite } from '../suite/suite.ts';
import type { ProcessOutput } from './process-output.ts';
import { type FileResult, isBad, type RanWhere } from './test-result.ts';

/** Lines of a failed process's output that the reports have. */
const shownLines = 40;

/**
 * Puts the results into the run's record, of which `junit.xml`, `run.json` and the HTML
 * report are made: a check for each test, and one for each file whose framework tells of no
 * tests, or of which more is to be said.
 */
export function recordFiles(
  files: readonly FileResult[],
  together: readonly SharedFailure[],
  open: OpenRun,
): void {
  for (const result of files) recordFile(result, open);
  for (const { files: some, message } of together) {
    put(
      {
        name: `${some.length} files in one process`,
        file: some[0],
        verdict: 'fail',
        durationMs: 0,
        message,
        startMs: 0,
      },
      open,
    );
  }
}

function recordFile(result: FileResult, open: OpenRun): void {
  const { file, verdict, durationMs, tests, message, ran, others = [] } = result;
  const startMs = ran ? ran.startedAt - open.recorder.startedAt : 0;
  const check = { file, startMs, node: ran?.node };
  const failed = others.filter(isBad);
  for (const { quarantined: _, ...test } of tests) {
    const reruns = failed.flatMap((run) => run.tests.filter(({ name }) => name === test.name).filter(isBad));
    put({ ...check, ...test, reruns }, open);
  }
  // Of other times there may be more to say than their tests do.
  const reruns = failed.filter((run) => run.tests.length === 0 || run.message !== undefined);
  if (tests.length > 0 && message === undefined && reruns.length === 0) return;
  const log = verdict !== 'pass' && ran ? `see ${ran.output}` : undefined;
  put({ ...check, name: file, verdict, durationMs, ...present({ message, detail: log }), reruns }, open);
}

interface Put {
  readonly name: string;
  readonly file: string | undefined;
  readonly node?: number | undefined;
  readonly verdict: Verdict;
  readonly startMs: number;
  readonly durationMs: number;
  readonly message?: string;
  readonly detail?: string;
  readonly reruns?: readonly SpanRerun[];
}

function put({ file, node, message, detail, reruns = [], ...check }: Put, { recorder }: OpenRun): void {
  recorder.span({
    ...check,
    kind: 'check',
    type: 'test',
    ...present({ subject: file, node, message, detail }),
    ...(reruns.length > 0 && { reruns: reruns.map(rerunOf) }),
  });
  if (check.verdict !== 'fail' && check.verdict !== 'error') return;
  const what = file === undefined || check.name === file ? check.name : `${file}: ${check.name}`;
  recorder.fail(
    new ShakedownError({
      message: `${what}: ${message ?? check.verdict}`,
      verdict: check.verdict,
      phase: 'check',
    }),
  );
}

const rerunOf = ({ verdict, message, detail }: SpanRerun): SpanRerun => ({
  verdict,
  ...present({ message, detail }),
});

/** Puts one process of tests into the run's timeline, in the lane of its node. */
export function recordProcess(
  ran: RanWhere,
  end: ProcessEnd,
  output: ProcessOutput,
  { suite, open }: { readonly suite: Suite; readonly open: OpenRun },
): void {
  const [first = '', ...others] = ran.with;
  const name = others.length === 0 ? first : `${first} and ${others.length} more`;
  const verdict =
    end.how.kind === 'cancelled'
      ? 'skip'
      : verdictOf(ran.with.map((file) => suite.resultOf(file, ran)?.verdict));
  const left =
    end.left.length > 0
      ? `it left running, which was ended: ${end.left.map(({ command }) => command).join(', ')}`
      : undefined;
  open.recorder.span({
    ...{ kind: 'task', type: testFiles, name: `${name} (runner ${ran.runner})`, node: ran.node, verdict },
    startMs: ran.startedAt - open.recorder.startedAt,
    durationMs: end.took,
    ...present({
      message: left,
      detail: verdict === 'pass' ? undefined : output.lines(shownLines).join('\n') || undefined,
    }),
  });
}

/** The worst of them; `error` where one has no result. */
const verdictOf = (verdicts: readonly (Verdict | undefined)[]): Verdict =>
  verdicts.includes('fail') ? 'fail' : verdicts.every((verdict) => verdict === 'pass') ? 'pass' : 'error';
