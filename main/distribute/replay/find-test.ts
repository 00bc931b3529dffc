import { UsageError } from '../../../common/errors.ts';
import { isBad } from '../results/test-result.ts';
import { orderOf, type PastRun, processesOf, type RanPart, type RecordedOrder } from './past-run.ts';

/** A test that failed, and what its runner ran up to it. */
export interface FailedTest {
  readonly file: string;
  /** Its full name within the file; absent where the whole file is meant. */
  readonly test?: string;
  /** Without the files that came after it. */
  readonly order: RecordedOrder;
}

/**
 * A test of a past run as a person names it: `spec/a_spec.rb`, or `spec/a_spec.rb: its full name`, as the
 * summary has it. Throws UsageError where there is none, or it did not fail.
 */
export function findFailedTest(past: PastRun, named: string): FailedTest {
  const { file, test } = nameOf(past, named);
  const failedIn = ({ ran, files }: RanPart) => {
    const result = files.find((each) => each.file === file);
    return ran.with.includes(file) && (result === undefined || isBad(result));
  };
  const failed = past.processes
    .filter(failedIn)
    .sort((one, other) => one.ran.startedAt - other.ran.startedAt)[0];
  if (!failed) {
    throw new UsageError(`${file} did not fail in run ${past.id}.`);
  }
  const order = orderOf(past, failed.ran.runner);
  const processes = processesOf(past, failed.ran.runner);
  const own = processes.findIndex((parts) => parts.includes(failed));
  const upTo = processes[own]?.slice(0, 1 + processes[own].indexOf(failed)) ?? [];
  const all = upTo.flatMap(({ ran }) => ran.with);
  const last = all.slice(0, all.lastIndexOf(file) + 1);
  return {
    file,
    ...(test !== undefined && { test }),
    order: { ...order, batches: [...order.batches.slice(0, own), last] },
  };
}

function nameOf(past: PastRun, named: string): { readonly file: string; readonly test?: string } {
  const exact = past.files.find(({ file }) => file === named.replace(/^\.\//, ''));
  if (exact) return { file: exact.file };
  const within = past.files.find(({ file }) => named.startsWith(`${file}: `));
  if (!within) {
    throw new UsageError(`Run ${past.id} has no test file '${named}'.`, {
      hint: "a file of it, or a test as the summary has it: 'spec/a_spec.rb: its full name'",
    });
  }
  const test = named.slice(within.file.length + 2);
  const found = within.tests.find(({ name }) => name === test);
  if (!found) {
    const bad = within.tests.filter(isBad);
    const names = bad
      .slice(0, 5)
      .map(({ name }) => name)
      .join(', ');
    throw new UsageError(`${within.file} had no test '${test}' in run ${past.id}.`, {
      hint: names === '' ? 'none of its tests failed' : `failed: ${names}`,
    });
  }
  if (found.verdict === 'pass') throw new UsageError(`'${test}' did not fail in run ${past.id}.`);
  return { file: within.file, test };
}
