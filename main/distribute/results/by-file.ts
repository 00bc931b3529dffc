import { posix } from 'node:path';
import type { ReportedCase } from './reported-case.ts';
import type { TestResult } from './test-result.ts';

/**
 * The cases of a process's report by the files that it ran, which are relative to the project's `folder` on
 * the node. A case that names none of them belongs to the only file, where there is one; else it is left
 * out of the map, and counts for all of them.
 */
export function byFile(
  cases: readonly ReportedCase[],
  files: readonly string[],
  folder: string,
): { readonly tests: ReadonlyMap<string, readonly TestResult[]>; readonly unplaced: readonly TestResult[] } {
  const tests = new Map<string, TestResult[]>(files.map((file) => [file, []]));
  const unplaced: TestResult[] = [];
  const [only] = files.length === 1 ? files : [];
  const modules = new Map(files.map((file) => [asModule(file), file]));
  for (const one of cases) {
    const file = fileOf(one, tests, folder) ?? moduleOf(one.classname, modules) ?? only;
    const test = testOf(one, file);
    (file === undefined ? unplaced : (tests.get(file) ?? unplaced)).push(test);
  }
  return { tests: new Map([...tests].map(([file, list]) => [file, countTwins(list)])), unplaced };
}

function fileOf(
  { places }: ReportedCase,
  files: ReadonlyMap<string, unknown>,
  folder: string,
): string | undefined {
  for (const place of places) {
    const path = posix.normalize(place.startsWith('/') ? posix.relative(folder, place) : place);
    if (files.has(path)) return path;
    if (files.has(`./${path}`)) return `./${path}`;
  }
  return undefined;
}

/** `tests.test_a.TestClass` is in `tests/test_a.py`, and so of pytest's and unittest's class names. */
function moduleOf(classname: string, modules: ReadonlyMap<string, string>): string | undefined {
  for (let name = classname; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    const file = modules.get(name);
    if (file !== undefined) return file;
  }
  return undefined;
}

const asModule = (file: string): string =>
  file
    .replace(/^\.\//, '')
    .replace(/\.\w+$/, '')
    .replaceAll('/', '.');

/** The class within the file, where the report names one, belongs to the name. */
function testOf({ places, classname, ...test }: ReportedCase, file: string | undefined): TestResult {
  const module = file === undefined ? '' : asModule(file);
  const inside = classname.startsWith(`${module}.`) ? classname.slice(module.length + 1) : '';
  return inside === '' ? test : { ...test, name: `${inside}.${test.name}` };
}

/**
 * Tests of one name get a number from the second one on, so that each has an identity: by their ids where
 * they have any, for their order may be one of chance.
 */
export function countTwins(tests: readonly TestResult[]): readonly TestResult[] {
  const byName = Map.groupBy(tests, ({ name }) => name);
  const numbers = new Map(
    [...byName.values()].flatMap((twins) =>
      twins.toSorted(byId).map((test, index): [TestResult, number] => [test, index + 1]),
    ),
  );
  return tests.map((test) => {
    const twin = numbers.get(test) ?? 1;
    return twin === 1 ? test : { id: test.name, ...test, twin, name: `${test.name} (${twin})` };
  });
}

const byId = ({ id: one = '' }: TestResult, { id: other = '' }: TestResult): number =>
  one.localeCompare(other, 'en', { numeric: true });

/** As they were before they got numbers. */
export const withoutTwins = (tests: readonly TestResult[]): readonly TestResult[] =>
  tests.map(({ twin, ...test }) =>
    twin === undefined ? test : { ...test, name: test.name.slice(0, -` (${twin})`.length) },
  );
