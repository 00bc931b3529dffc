import { present } from '../../../common/present.ts';
import type { Verdict } from '../../../common/results.ts';
import { type FileResult, isBad, type TestResult } from './test-result.ts';

/** The results of parts as those of their files. `fileOf`: the file of a part; itself for a whole file. */
export function wholeFiles(
  results: readonly FileResult[],
  fileOf: (path: string) => string,
): readonly FileResult[] {
  const files = Map.groupBy(results, ({ file }) => fileOf(file));
  return [...files].map(([file, parts]) => (parts[0]?.file === file ? parts[0] : whole(file, parts)));
}

function whole(file: string, parts: readonly FileResult[]): FileResult {
  const worst = parts.toSorted((one, other) => badness(one.verdict) - badness(other.verdict))[0];
  const said = parts.filter(({ message }) => message !== undefined);
  const message = said.map((part) => `${part.file}: ${part.message}`).join('; ') || undefined;
  const others = parts.flatMap((part) => part.others ?? []);
  const longest = parts.toSorted((one, other) => other.durationMs - one.durationMs)[0];
  const quarantined = parts.find((part) => part.quarantined)?.quarantined;
  return {
    file,
    verdict: worst?.verdict ?? 'error',
    durationMs: parts.reduce((sum, { durationMs }) => sum + durationMs, 0),
    tests: once(parts.flatMap(({ tests }) => tests)),
    ...present({
      ...{ message, quarantined },
      ran: (worst && isBad(worst) ? worst : longest)?.ran,
      others: others.length > 0 ? others : undefined,
      flaky: parts.some(({ flaky }) => flaky) ? (true as const) : undefined,
    }),
  };
}

const badness = (verdict: Verdict): number => ['error', 'fail', 'skip', 'pass'].indexOf(verdict);

/** A test that is new is run by each part: the worst of its results counts. */
function once(tests: readonly TestResult[]): readonly TestResult[] {
  const byName = new Map<string, TestResult>();
  for (const test of tests) {
    const known = byName.get(test.name);
    if (!known || badness(test.verdict) < badness(known.verdict)) byName.set(test.name, test);
  }
  return [...byName.values()];
}
