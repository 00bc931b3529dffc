import { convert } from 'xmlbuilder2';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { Verdict } from '../../../common/results.ts';
import type { ReportedCase } from './reported-case.ts';
import { mustBeWhole } from './whole-xml.ts';

/** An element as xmlbuilder2 gives it: children by their names, attributes below `@`. */
type Element = Readonly<Record<string, unknown>>;

/**
 * The cases of a JUnit XML report, as frameworks write it (https://github.com/testmoapp/junitxml has what
 * they agree on). Throws ShakedownError for what is no XML, none of this kind, or cut off.
 */
export const readJunit = (xml: string): readonly ReportedCase[] => casesIn(xml).map(({ test }) => test);

/** The same of a framework whose suites are groups within a file: their names belong to the test's. */
export const readNestedJunit = (xml: string): readonly ReportedCase[] =>
  casesIn(xml).map(({ test, suites }) => ({ ...test, name: [...suites, test.name].join(' > ') }));

/** A test, and the names of the suites around it, the outermost first. */
interface Found {
  readonly test: ReportedCase;
  readonly suites: readonly string[];
}

function casesIn(xml: string): readonly Found[] {
  let root: Element;
  try {
    root = convert(xml.replaceAll('&', reference), { format: 'object', group: true }) as unknown as Element;
  } catch (error) {
    throw new ShakedownError({
      message: `the report of the tests is no XML: ${error instanceof Error ? error.message : error}`,
    });
  }
  mustBeWhole(xml);
  // What is around all suites is none: its name is the run's.
  const all = childrenOf(root, 'testsuites').map(({ '@name': _, '@': __, ...inner }) => inner);
  const tops = [...all, ...childrenOf(root, 'testsuite')];
  if (tops.length === 0)
    throw new ShakedownError({ message: 'the report of the tests is no JUnit XML: it has no testsuite' });
  return tops.flatMap((top) => casesOf(top, [], []));
}

function casesOf(suite: Element, outer: readonly string[], around: readonly string[]): readonly Found[] {
  const { file, filepath, name } = attributesOf(suite);
  const places = [file, filepath, name].flatMap((place) => place ?? []).concat(outer);
  const suites = [...around, ...(name === undefined ? [] : [name])];
  return [
    ...childrenOf(suite, 'testcase').map((element) => ({ test: caseOf(element, places), suites })),
    ...childrenOf(suite, 'testsuite').flatMap((inner) => casesOf(inner, places, suites)),
  ];
}

function caseOf(element: Element, outer: readonly string[]): ReportedCase {
  const { name = '', classname = '', file, time = '0' } = attributesOf(element);
  const bad = ['failure', 'error'].flatMap((kind) => childrenOf(element, kind));
  const [first] = bad;
  const [skipped] = childrenOf(element, 'skipped');
  const verdict: Verdict = first ? 'fail' : skipped ? 'skip' : 'pass';
  return {
    ...{ name, classname, verdict, durationMs: Math.round(1000 * Number(time.replaceAll(',', '')) || 0) },
    places: file === undefined ? outer : [file, ...outer],
    ...present({
      message: first ? messageOf(first) : (skipped && attributesOf(skipped).message) || undefined,
      detail: bad.map(textOf).filter(Boolean).join('\n\n') || undefined,
    }),
  };
}

const messageOf = (element: Element): string =>
  attributesOf(element).message ||
  textOf(element).split('\n', 1)[0] ||
  attributesOf(element).type ||
  'failed';

/** Each child of this name; one without attributes and children is its text, or nothing. */
const childrenOf = (element: Element, name: string): readonly Element[] =>
  partsOf(element).flatMap((part) =>
    name in part ? [part[name]].flat().map((child) => (isElement(child) ? child : { '#': child ?? '' })) : [],
  );

/** Where children of several names alternate, xmlbuilder2 has them below `#`. */
const partsOf = (element: Element): readonly Element[] => [
  element,
  ...[element['#'] ?? []].flat().filter(isElement),
];

/** Of texts among children it makes `#1`, `#2` or `$1`, `$2`. */
const textsOf = (element: Element, kind: RegExp): readonly string[] =>
  Object.entries(element).flatMap(([key, value]) =>
    kind.test(key) ? [value].flat().flatMap((text) => (isElement(text) ? [] : String(text))) : [],
  );

/** xmlbuilder2 gives one attribute as `@name`, and several as an object below `@`. */
function attributesOf(element: Element): Readonly<Record<string, string | undefined>> {
  const several = isElement(element['@']) ? Object.entries(element['@']) : [];
  const single = Object.entries(element).flatMap(([key, value]) =>
    key.startsWith('@') && key !== '@' ? [[key.slice(1), value] as const] : [],
  );
  return Object.fromEntries([...several, ...single].map(([key, value]) => [key, decoded(String(value))]));
}

const textOf = (element: Element): string =>
  partsOf(element)
    .flatMap((part) => [
      ...textsOf(part, /^#\d*$/).map(decoded),
      // In CDATA there are no references.
      ...textsOf(part, /^\$\d*$/).map((text) => text.replaceAll(reference, '&')),
    ])
    .join('\n')
    .trim();

const isElement = (value: unknown): value is Element =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Stands for `&` while the parser reads: it takes some references and writes others anew, so that nobody
 * could tell `&amp;lt;`, `&lt;` and `<` apart. No report has this character, which Unicode gives no meaning.
 */
const reference = '\uFDD0';

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** References of the report (https://www.w3.org/TR/xml/#sec-references), and those that the parser wrote. */
const decoded = (text: string): string =>
  text
    .replace(/&(\w+);/g, (all, name) => named[name] ?? all)
    .replace(/\uFDD0(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, decimal, name) => {
      if (name !== undefined) return named[name] ?? all;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : all;
    })
    .replaceAll(reference, '&');
