import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'xmlbuilder2';
import { describeFailure } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { Verdict } from '../../common/results.ts';
import type { Span, SpanRerun } from '../../common/span.ts';
import { type RunRecord, spansOf } from '../record/run-record.ts';
import { wholePhases } from '../record/whole-phases.ts';
import { privateFile } from '../store/run-folders.ts';
import type { Reporter } from './reporter.ts';

/**
 * `junit.xml`, as CI servers read it: one suite of the checks, one of the phases that shows
 * what went before, and where something else went wrong, one of the run itself. A run that
 * did not pass has a case that did not.
 */
export const junitReport: Reporter = {
  name: 'junit',
  file: 'junit.xml',
  report: (run, directory) => writeFile(join(directory, 'junit.xml'), junit(run), { mode: privateFile }),
};

type Xml = ReturnType<typeof create>;

function junit(run: RunRecord): string {
  const document = create({ version: '1.0', encoding: 'UTF-8', invalidCharReplacement: '\uFFFD' });
  const root = document.ele('testsuites', {
    name: `shakedown ${run.scenario}`,
    time: seconds(run.durationMs),
  });
  suite(root, 'checks', spansOf(run, 'check'), run);
  suite(root, 'phases', wholePhases(run), run);
  const whole = wholeRun(run);
  if (whole.length > 0) suite(root, 'run', whole, run);
  return document.end({ prettyPrint: true });
}

/** What no phase and no check shows: a service that died, a full disk, an interrupt. */
function wholeRun(run: RunRecord): readonly Span[] {
  const itself = { kind: 'task', type: 'run', startMs: 0, durationMs: run.durationMs } as const;
  const failures = run.failures.filter(({ phase }) => phase === undefined);
  const spans = failures.map(({ verdict = 'error', ...failure }) => ({
    ...itself,
    ...{ name: 'run', verdict, message: failure.message, detail: describeFailure(failure) },
  }));
  const shown = [...spans, ...run.spans].some(
    ({ kind, verdict }) => kind !== 'machine-act' && isBad(verdict),
  );
  if (shown || !isBad(run.verdict)) return spans;
  return [{ ...itself, name: 'run', verdict: run.verdict, message: `the run ended with ${run.exitCode}` }];
}

const isBad = (verdict: Verdict): boolean => verdict === 'fail' || verdict === 'error';

function suite(root: Xml, name: string, spans: readonly Span[], run: RunRecord): void {
  const count = (verdict: string) => spans.filter((span) => span.verdict === verdict).length;
  const parent = root.ele('testsuite', {
    name: `${run.scenario}.${name}`,
    tests: spans.length,
    failures: count('fail'),
    errors: count('error'),
    skipped: count('skip'),
    timestamp: new Date(run.startedAt).toISOString(),
  });
  for (const span of spans) testCase(parent, span, run);
}

function testCase(parent: Xml, span: Span, run: RunRecord): void {
  const { name, kind, type = kind, subject: classname = type, verdict, durationMs } = span;
  const element = parent.ele('testcase', { name, classname, time: seconds(durationMs) });
  if (verdict === 'skip') element.ele('skipped', present({ message: span.message }));
  const reruns = span.reruns ?? [];
  if (!isBad(verdict)) {
    for (const rerun of reruns) failureOf(element, `flaky${word(rerun.verdict)}`, textOf(rerun));
    return;
  }
  // As Surefire does: the first time is the failure, the later ones are its reruns.
  const [first, ...later] = [
    ...reruns.map((rerun) => [rerun.verdict, textOf(rerun)] as const),
    [verdict, whatFailed(span, run)] as const,
  ];
  if (first) failureOf(element, word(first[0]).toLowerCase(), first[1]);
  for (const [verdictThen, what] of later) failureOf(element, `rerun${word(verdictThen)}`, what);
}

interface WhatFailed {
  readonly message: string;
  readonly text: string;
}

const failureOf = (element: Xml, name: string, { message, text }: WhatFailed): Xml =>
  element.ele(name, { message }).txt(text);

const word = (verdict: Verdict): 'Failure' | 'Error' => (verdict === 'fail' ? 'Failure' : 'Error');

function whatFailed(span: Span, { failures }: RunRecord): WhatFailed {
  const { kind, name } = span;
  const failure = kind === 'phase' ? failures.find(({ phase }) => phase === name) : undefined;
  if (failure) return { message: failure.message, text: describeFailure(failure) };
  return textOf(span);
}

function textOf({ verdict, message, detail }: SpanRerun): WhatFailed {
  const text = [message, detail].filter(Boolean).join('\n');
  return { message: message ?? verdict, text: text || `it ended with ${verdict}` };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
