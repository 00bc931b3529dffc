import { z } from 'zod';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { Verdict } from '../../../common/results.ts';
import type { ReportedCase } from './reported-case.ts';

const ms = z.number().nullish();

/**
 * https://jestjs.io/docs/configuration#testresultsprocessor-string; Vitest's `json` reporter writes the same.
 */
const jest = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string().nullish(),
      status: z.string().nullish(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          title: z.string().optional(),
          ancestorTitles: z.array(z.string()).default([]),
          status: z.string(),
          duration: ms,
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/** https://mochajs.org/#json */
const mocha = z.object({
  tests: z.array(
    z.object({
      fullTitle: z.string(),
      file: z.string().nullish(),
      duration: ms,
      err: z.object({ message: z.string().optional(), stack: z.string().optional() }),
    }),
  ),
  pending: z.array(z.object({ fullTitle: z.string(), file: z.string().nullish() })),
});

/** The `json` formatter of https://rspec.info; `run_time` in seconds. */
const rspec = z.object({
  examples: z.array(
    z.object({
      full_description: z.string(),
      status: z.string(),
      /** `./spec/a_spec.rb[1:2]`: its file, where `file_path` is that of a shared example. */
      id: z.string().optional(),
      file_path: z.string(),
      run_time: z.number().nullish(),
      exception: z
        .object({ message: z.string().nullish(), backtrace: z.array(z.string()).nullish() })
        .nullish(),
    }),
  ),
  summary: z.object({ errors_outside_of_examples_count: z.number().optional() }).optional(),
});

/** Tests of Jest's and Vitest's JSON. Throws ShakedownError for what is none; so do the others here. */
export function readJest(text: string): readonly ReportedCase[] {
  return parsed(jest, text, 'Jest').testResults.flatMap(
    ({ name, message, status: whole, assertionResults }) => {
      const tests = assertionResults.map((test): ReportedCase => {
        const [first] = test.failureMessages ?? [];
        const { fullName, title = fullName, ancestorTitles: groups, status } = test;
        const one = caseOf(fullName, verdictOf(status), test.duration, name, first?.split('\n')[0], first);
        return groups.length === 0 ? one : { ...one, id: [...groups, title].join(' > ') };
      });
      // A file that cannot be loaded has no tests.
      const broken = whole === 'failed' && tests.length === 0;
      return broken ? [caseOf('(loading)', 'fail', 0, name, message?.split('\n')[0], message)] : tests;
    },
  );
}

export function readMocha(text: string): readonly ReportedCase[] {
  const { tests, pending } = parsed(mocha, text, 'Mocha');
  const skipped = new Set(pending.map(({ fullTitle, file }) => `${file} ${fullTitle}`));
  return tests.map(({ fullTitle, file, duration, err }) => {
    const failed = err.message !== undefined || err.stack !== undefined;
    const verdict = failed ? 'fail' : skipped.has(`${file} ${fullTitle}`) ? 'skip' : 'pass';
    return caseOf(fullTitle, verdict, duration, file, err.message, err.stack);
  });
}

export const readRspec = (text: string): readonly ReportedCase[] =>
  parsed(rspec, text, 'RSpec').examples.map((example) => {
    const { message, backtrace } = example.exception ?? {};
    const detail = message && [message, ...(backtrace ?? []).slice(0, 20)].join('\n');
    const { full_description: name, status, run_time: seconds, file_path: file } = example;
    const first = message?.trim().split('\n')[0];
    const test = caseOf(name, verdictOf(status), (seconds ?? 0) * 1000, file, first, detail);
    const own = example.id?.replace(/\[[\d:]+\]$/, '');
    return own === undefined ? test : { ...test, ...present({ id: example.id }), places: [own, file] };
  });

function parsed<Shape extends z.ZodType>(shape: Shape, text: string, framework: string): z.output<Shape> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new ShakedownError({ message: `the report of the tests is no JSON: ${why}` });
  }
  const { data, error } = shape.safeParse(json);
  if (data) return data;
  const place = error?.issues[0]?.path.join('.') ?? '';
  throw new ShakedownError({ message: `the report of the tests is not ${framework}'s: look at ${place}` });
}

const verdictOf = (status: string): Verdict =>
  status === 'passed' ? 'pass' : status === 'failed' ? 'fail' : 'skip';

const caseOf = (
  name: string,
  verdict: Verdict,
  duration: number | null | undefined,
  file: string | null | undefined,
  message: string | null | undefined,
  detail: string | null | undefined,
): ReportedCase => ({
  ...{ name, verdict, durationMs: Math.round(duration ?? 0), classname: '' },
  places: file ? [file] : [],
  ...present({ message: message || undefined, detail: detail || undefined }),
});
