import { posix } from 'node:path';
import { z } from 'zod';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { Verdict } from '../../../common/results.ts';
import type { ReportedCase } from './reported-case.ts';

/** https://pkg.go.dev/cmd/test2json#hdr-Output_Format; `Elapsed` in seconds. */
const event = z.object({
  Action: z.string(),
  Package: z.string().optional(),
  ImportPath: z.string().optional(),
  Test: z.string().optional(),
  Elapsed: z.number().optional(),
  Output: z.string().optional(),
});

type GoEvent = z.output<typeof event>;

interface Seen {
  verdict?: Verdict;
  ms: number;
  readonly output: string[];
}

/** What went wrong with a package, and with none of its tests. */
const whole = '(package)';

/**
 * The tests of what `go test -json` printed. `modules`: the project's folders by the import paths of their
 * modules, by which a package's folder is found. Throws ShakedownError for what is nothing of it.
 */
export function readGoTest(text: string, modules: ReadonlyMap<string, string>): readonly ReportedCase[] {
  const packages = new Map<string, Map<string, Seen>>();
  const seen = (name: string, test = ''): Seen => {
    const tests = packages.get(name) ?? new Map<string, Seen>();
    packages.set(name, tests);
    const one = tests.get(test) ?? { ms: 0, output: [] };
    tests.set(test, one);
    return one;
  };
  for (const line of text.split('\n')) {
    const built = /^FAIL\s+(\S+) \[(?:build|setup) failed\]/.exec(line)?.[1];
    if (built !== undefined) Object.assign(seen(built), { verdict: 'fail' }).output.push(line);
    const parsed = line.startsWith('{') ? eventIn(line) : undefined;
    if (parsed?.Package !== undefined) take(parsed, seen(parsed.Package, parsed.Test));
  }
  if (packages.size === 0) throw new ShakedownError({ message: 'the report of the tests is not go test’s' });
  return [...packages].flatMap(([name, tests]) => casesOf(tests, folderOf(name, modules)));
}

function eventIn(line: string): GoEvent | undefined {
  try {
    return event.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function take({ Action: action, Elapsed: seconds = 0, Output: output }: GoEvent, one: Seen): void {
  if (output !== undefined) one.output.push(output);
  if (action !== 'pass' && action !== 'fail' && action !== 'skip') return;
  Object.assign(one, { verdict: action, ms: seconds * 1000 });
}

function casesOf(tests: ReadonlyMap<string, Seen>, folder: string): readonly ReportedCase[] {
  const named = [...tests].filter(([name]) => name !== '');
  const all = tests.get('') ?? { ms: 0, output: [] };
  // Where its package passes, a test of which no end was told has printed something before that, without
  // a new line (golang/go#38063); else it was ended under it.
  const open: Verdict = all.verdict === 'pass' ? 'pass' : 'fail';
  const bad = named.some(([, { verdict = open }]) => verdict === 'fail');
  const good = all.verdict === 'pass' || all.verdict === 'skip';
  // A package that cannot be built, or that ends by itself, has no test that failed; nor has one of which
  // the end is not told, for the report is cut off.
  const cases = good || bad ? named : [...named, [whole, all] as const];
  return cases.map(([name, { verdict = open, ms, output }]) => ({
    ...{ name, classname: '', places: [folder], verdict },
    durationMs: Math.round(Math.max(0, ms - ofSubtests(name, tests))),
    ...present(verdict === 'fail' ? whatWentWrong(output, tests.get(name)?.verdict) : {}),
  }));
}

/** A test's time has that of its subtests in it, which are tests of their own. */
function ofSubtests(name: string, tests: ReadonlyMap<string, Seen>): number {
  let sum = 0;
  for (const [other, { ms }] of tests) {
    if (other.startsWith(`${name}/`) && !other.slice(name.length + 1).includes('/')) sum += ms;
  }
  return sum;
}

function whatWentWrong(
  output: readonly string[],
  verdict: Verdict | undefined,
): { readonly message: string; readonly detail?: string } {
  const lines = output.filter((line) => !/^\s*(=== |--- )/.test(line));
  const nothing = verdict === undefined ? 'it did not come to its end' : 'it failed';
  const [first = nothing] = lines.map((line) => line.trim()).filter(Boolean);
  return { message: first, ...present({ detail: lines.join('').trimEnd() || undefined }) };
}

/** Relative to the project, as far as its modules tell. */
function folderOf(name: string, modules: ReadonlyMap<string, string>): string {
  const path = name.split(' ')[0] ?? name;
  for (let prefix = path; prefix !== '.' && prefix !== ''; prefix = posix.dirname(prefix)) {
    const folder = modules.get(prefix);
    if (folder !== undefined) return posix.join(folder, path.slice(prefix.length + 1));
  }
  return path;
}
