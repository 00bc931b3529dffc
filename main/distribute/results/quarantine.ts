import { matchesGlob } from 'node:path';
import type { QuarantineRule } from './quarantine-rule.ts';
import { type FileResult, isBad, type TestResult } from './test-result.ts';

/** What became of the rules in a run. */
export interface QuarantineReport {
  /** Their day is over: these failures count again. */
  readonly expired: readonly QuarantineRule[];
  /** There is no such file, or no such test in what was run. */
  readonly unmatched: readonly QuarantineRule[];
}

/** The rules that hold on a day, and what they came to. */
export class Quarantine {
  readonly #rules: readonly QuarantineRule[];
  readonly #expired: readonly QuarantineRule[];
  readonly #files: readonly string[];
  readonly #matched = new Set<QuarantineRule>();
  /** Those of which files were run in which they found nothing. */
  readonly #missed = new Set<QuarantineRule>();

  /** `today`: as `until` has it. `files`: all test files of the project, also those that are not run now. */
  constructor(rules: readonly QuarantineRule[], today: string, files: readonly string[]) {
    this.#rules = rules.filter(({ until }) => until >= today);
    this.#expired = rules.filter(({ until }) => until < today);
    this.#files = files;
  }

  /** A file's result with those failures as skipped that do not count. */
  applied(result: FileResult): FileResult {
    const rules = this.#rules.filter(({ file }) => file === undefined || matchesGlob(result.file, file));
    if (rules.length === 0) return result;
    const whole = rules.find(({ test }) => test === undefined);
    if (whole) this.#matched.add(whole);
    const ruleOf = ({ name }: TestResult) => rules.find(({ test }) => test === name) ?? whole;
    for (const rule of rules) this.#look(rule, result);
    const tests = result.tests.map((test) => {
      const rule = ruleOf(test);
      return rule && isBad(test) ? { ...test, ...held(rule, test) } : test;
    });
    if (!isBad(result)) return { ...result, tests };
    if (whole) return { ...result, tests, ...held(whole, result) };
    const mended = result.message === undefined && !tests.some(isBad);
    return { ...result, tests, verdict: mended ? 'pass' : result.verdict };
  }

  get report(): QuarantineReport {
    const gone = ({ file }: QuarantineRule) =>
      file !== undefined && !this.#files.some((path) => matchesGlob(path, file));
    return {
      expired: this.#expired,
      unmatched: this.#rules.filter(
        (rule) => gone(rule) || (this.#missed.has(rule) && !this.#matched.has(rule)),
      ),
    };
  }

  #look(rule: QuarantineRule, { tests }: FileResult): void {
    const found = rule.test === undefined || tests.some(({ name }) => name === rule.test);
    (found ? this.#matched : this.#missed).add(rule);
  }
}

const held = (
  rule: QuarantineRule,
  { verdict, message }: Pick<FileResult, 'verdict' | 'message'>,
): Pick<FileResult, 'verdict' | 'message' | 'quarantined'> & { readonly message: string } => ({
  verdict: 'skip',
  message: `its failure does not count until ${rule.until} (${rule.owner}: ${rule.reason}): ${message ?? 'it failed'}`,
  quarantined: { rule, verdict },
});
