import { present } from '../../../common/present.ts';
import type { Verdict } from '../../../common/results.ts';
import { countTwins, withoutTwins } from './by-file.ts';
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
    tests: countTwins(once(parts.map(({ tests }) => withoutTwins(tests)))),
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
function once(parts: readonly (readonly TestResult[])[]): readonly TestResult[] {
  const known = new Map<string, TestResult>();
  for (const tests of parts) {
    // Twins without ids are told apart by which of them it is.
    const twins = new Map<string, number>();
    for (const test of tests) {
      const identity = JSON.stringify([test.name, test.id ?? test.name]);
      const times = (twins.get(identity) ?? 0) + 1;
      twins.set(identity, times);
      const key = `${identity} ${times}`;
      const other = known.get(key);
      if (!other || badness(test.verdict) < badness(other.verdict)) known.set(key, test);
    }
  }
  return [...known.values()];
}
