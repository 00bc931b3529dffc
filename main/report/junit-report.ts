import { join } from 'node:path';
import { createCB } from 'xmlbuilder2';
import { describeFailure } from '../../common/errors.ts';
import { present } from '../../common/present.ts';
import type { Verdict } from '../../common/results.ts';
import type { Span, SpanRerun } from '../../common/span.ts';
import { type RunRecord, spansOf } from '../record/run-record.ts';
import { wholePhases } from '../record/whole-phases.ts';
import { privateFile } from '../store/run-folders.ts';
import { writePieces } from '../store/write-pieces.ts';
import type { Reporter } from './reporter.ts';

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

type Xml = ReturnType<typeof createCB>;

/** In pieces: the tree of a document with very many tests would take a gigabyte. */
function* junit(run: RunRecord): Generator<string, void, undefined> {
  let pieces: string[] = [];
  const taken = () => {
    const all = pieces.join('');
    pieces = [];
    return all;
  };
  const document = createCB({ data: (piece: string) => void pieces.push(piece), prettyPrint: true });
  document.dec({ version: '1.0', encoding: 'UTF-8' });
  document.ele('testsuites', { name: allowed(`shakedown ${run.scenario}`), time: seconds(run.durationMs) });
  const whole = wholeRun(run);
  const suites = [
    ['checks', spansOf(run, 'check')],
    ['phases', wholePhases(run)],
    ...(whole.length > 0 ? [['run', whole] as const] : []),
  ] as const;
  for (const [name, spans] of suites) {
    for (const _ of suite(document, name, spans, run)) yield taken();
  }
  document.up().end();
  yield taken();
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

/** Gives back control after each case. */
function* suite(xml: Xml, name: string, spans: readonly Span[], run: RunRecord): Generator<void> {
  const count = (verdict: string) => spans.filter((span) => span.verdict === verdict).length;
  xml.ele('testsuite', {
    name: allowed(`${run.scenario}.${name}`),
    tests: spans.length,
    failures: count('fail'),
    errors: count('error'),
    skipped: count('skip'),
    timestamp: new Date(run.startedAt).toISOString(),
  });
  for (const span of spans) {
    testCase(xml, span, run);
    yield;
  }
  xml.up();
}

function testCase(xml: Xml, span: Span, run: RunRecord): void {
  const { name, kind, type = kind, subject: classname = type, durationMs } = span;
  xml.ele('testcase', {
    ...{ name: allowed(name), classname: allowed(classname), time: seconds(durationMs) },
  });
  outcome(xml, span, run);
  xml.up();
}

function outcome(xml: Xml, span: Span, run: RunRecord): void {
  const { verdict } = span;
  if (verdict === 'skip')
    xml.ele('skipped', present({ message: span.message && allowed(span.message) })).up();
  const reruns = span.reruns ?? [];
  if (!isBad(verdict)) {
    for (const rerun of reruns) failure(xml, `flaky${word(rerun.verdict)}`, textOf(rerun));
    return;
  }
  // As Surefire does: the first time is the failure, the later ones are its reruns.
  const [first, ...later] = [
    ...reruns.map((rerun) => [rerun.verdict, textOf(rerun)] as const),
    [verdict, whatFailed(span, run)] as const,
  ];
  if (first) failure(xml, word(first[0]).toLowerCase(), first[1]);
  for (const [verdictThen, what] of later) failure(xml, `rerun${word(verdictThen)}`, what);
}

interface WhatFailed {
  readonly message: string;
  readonly text: string;
}

const failure = (xml: Xml, name: string, { message, text }: WhatFailed): Xml =>
  xml
    .ele(name, { message: allowed(message) })
    .txt(allowed(text))
    .up();

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

/** Without characters that XML has no way to write. */
const allowed = (text: string): string =>
  text.replaceAll(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
