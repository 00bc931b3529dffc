import { join } from 'node:path';
import { describeFailure } from '../../common/errors.ts';
import type { Verdict } from '../../common/results.ts';
import type { Span, SpanRerun } from '../../common/span.ts';
import { type RunRecord, spansOf } from '../record/run-record.ts';
import { wholePhases } from '../record/whole-phases.ts';
import { privateFile } from '../store/run-folders.ts';
import { writePieces } from '../store/write-pieces.ts';
import type { Reporter } from './reporter.ts';
import { element, startTag, xmlText } from './xml.ts';

/**
 * `junit.xml`, as CI servers read it: one suite of the checks, one of the phases that shows
 * what went before, and where something else went wrong, one of the run itself. A run that
 * did not pass has a case that did not.
 */
export const junitReport: Reporter = {
  name: 'junit',
  file: 'junit.xml',
  report: (run, directory) => writePieces(join(directory, 'junit.xml'), junit(run), privateFile),
};

/** In pieces: a document with very many tests would be too much for memory. */
function* junit(run: RunRecord): Generator<string, void, undefined> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield startTag('testsuites', { name: `shakedown ${run.scenario}`, time: seconds(run.durationMs) });
  const whole = wholeRun(run);
  yield* suite('checks', spansOf(run, 'check'), run);
  yield* suite('phases', wholePhases(run), run);
  if (whole.length > 0) yield* suite('run', whole, run);
  yield '\n</testsuites>';
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

function* suite(name: string, spans: readonly Span[], run: RunRecord): Generator<string> {
  const count = (verdict: string) => spans.filter((span) => span.verdict === verdict).length;
  const about = {
    name: `${run.scenario}.${name}`,
    tests: spans.length,
    failures: count('fail'),
    errors: count('error'),
    skipped: count('skip'),
    timestamp: new Date(run.startedAt).toISOString(),
  };
  const isEmpty = spans.length === 0;
  yield `\n  ${startTag('testsuite', about, isEmpty)}`;
  for (const span of spans) yield `\n    ${testCase(span, run)}`;
  if (!isEmpty) yield '\n  </testsuite>';
}

function testCase(span: Span, run: RunRecord): string {
  const { name, kind, type = kind, subject: classname = type, durationMs } = span;
  const inside = outcome(span, run).map((each) => `\n      ${each}`);
  const content = inside.length > 0 ? `${inside.join('')}\n    ` : '';
  return element('testcase', { name, classname, time: seconds(durationMs) }, content);
}

/** What stands in the case of a span: nothing for one that passed at once. */
function outcome(span: Span, run: RunRecord): readonly string[] {
  const { verdict, message } = span;
  const skipped = verdict === 'skip' ? [element('skipped', { message: message || undefined })] : [];
  const reruns = span.reruns ?? [];
  if (!isBad(verdict)) {
    return [...skipped, ...reruns.map((rerun) => failure(`flaky${word(rerun.verdict)}`, textOf(rerun)))];
  }
  // As Surefire does: the first time is the failure, the later ones are its reruns.
  const all = [
    ...reruns.map((rerun) => [rerun.verdict, textOf(rerun)] as const),
    [verdict, whatFailed(span, run)] as const,
  ];
  return all.map(([then, what], place) =>
    failure(place === 0 ? word(then).toLowerCase() : `rerun${word(then)}`, what),
  );
}

interface WhatFailed {
  readonly message: string;
  readonly text: string;
}

const failure = (name: string, { message, text }: WhatFailed): string =>
  element(name, { message }, xmlText(text));

const word = (verdict: Verdict): 'Failure' | 'Error' => (verdict === 'fail' ? 'Failure' : 'Error');

function whatFailed(span: Span, { failures }: RunRecord): WhatFailed {
  const { kind, name } = span;
  const cause = kind === 'phase' ? failures.find(({ phase }) => phase === name) : undefined;
  if (cause) return { message: cause.message, text: describeFailure(cause) };
  return textOf(span);
}

function textOf({ verdict, message, detail }: SpanRerun): WhatFailed {
  const text = [message, detail].filter(Boolean).join('\n');
  return { message: message ?? verdict, text: text || `it ended with ${verdict}` };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
