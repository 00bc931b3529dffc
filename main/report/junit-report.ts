import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from 'xmlbuilder2';
import { describeFailure } from '../../common/errors.ts';
import type { CheckResult, PhaseTiming } from '../../common/results.ts';
import type { RunResult } from '../record/run-result.ts';
import type { Reporter } from './reporter.ts';

/** `junit.xml`, as CI servers read it: one suite of the checks, and one of the phases that shows what went before. */
export const junitReport: Reporter = {
  name: 'junit',
  file: 'junit.xml',
  report: (run, directory) => writeFile(join(directory, 'junit.xml'), junit(run)),
};

type Xml = ReturnType<typeof create>;

function junit(run: RunResult): string {
  const document = create({ version: '1.0', encoding: 'UTF-8', invalidCharReplacement: '\uFFFD' });
  const root = document.ele('testsuites', {
    name: `shakedown ${run.scenario}`,
    time: seconds(run.durationMs),
  });
  const checks = suite(
    root,
    'checks',
    run.checks.map((check) => check.verdict),
    run,
  );
  for (const check of run.checks) checkCase(checks, check);
  const whole = run.phases.filter((timing) => timing.node === undefined);
  const phases = suite(
    root,
    'phases',
    whole.map((timing) => timing.verdict),
    run,
  );
  for (const timing of whole) phaseCase(phases, timing, run);
  return document.end({ prettyPrint: true });
}

function suite(root: Xml, name: string, verdicts: readonly string[], run: RunResult): Xml {
  const count = (verdict: string) => verdicts.filter((each) => each === verdict).length;
  return root.ele('testsuite', {
    name: `${run.scenario}.${name}`,
    tests: verdicts.length,
    failures: count('fail'),
    errors: count('error'),
    skipped: count('skip'),
    timestamp: new Date(run.startedAt).toISOString(),
  });
}

function checkCase(parent: Xml, check: CheckResult): void {
  const classname = check.file ?? check.kind;
  const element = parent.ele('testcase', { name: check.name, classname, time: seconds(check.durationMs) });
  const text = [check.message, check.detail].filter(Boolean).join('\n');
  if (check.verdict === 'fail') element.ele('failure', { message: check.message ?? '' }).txt(text);
  if (check.verdict === 'error') element.ele('error', { message: check.message ?? '' }).txt(text);
  if (check.verdict === 'skip') element.ele('skipped');
}

function phaseCase(parent: Xml, { phase, durationMs, verdict }: PhaseTiming, run: RunResult): void {
  const element = parent.ele('testcase', { name: phase, classname: 'phase', time: seconds(durationMs) });
  if (verdict === 'pass' || verdict === 'skip') return;
  const failure = run.failures.find((each) => each.phase === phase);
  const text = failure ? describeFailure(failure) : `the phase ${phase} ended with ${verdict}`;
  element.ele(verdict === 'fail' ? 'failure' : 'error', { message: failure?.message ?? verdict }).txt(text);
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);
