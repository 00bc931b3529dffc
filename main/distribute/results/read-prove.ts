import { Parser } from 'tap-parser';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { Verdict } from '../../../common/results.ts';
import type { ReportedCase } from './reported-case.ts';

/** Where prove begins to tell of a file, and what of that is the file's name. */
const fileLine = /^(?:\[[^\]]*\] )?(\S.*?) \.\.+ /m;

/** Its summary of a file that exited badly, or of which it could not read all. */
const summaryLine =
  /^(\S.*?) +\(Wstat: .*\)\n(?: {2}(?!Non-zero|Parse).*\n)*(?: {2}((?:Non-zero exit status|Parse errors): .*))$/gm;

/**
 * The tests of files that print TAP (https://testanything.org): when prove began, what it said, and then the
 * TAP of each file, with when that ended, from which its time follows. That is divided among its tests: TAP
 * tells none. Throws ShakedownError for anything else.
 */
export function readProve(text: string): readonly ReportedCase[] {
  const [said = '', ...parts] = text.split(/^=== TAP of /m);
  const begin = /^=== began at ([\d.]+)$/m.exec(said)?.[1];
  if (begin === undefined) throw new ShakedownError({ message: 'the report of the tests is not prove’s' });
  const taps = parts.map(tapOf).toSorted((one, other) => one.ended - other.ended);
  const wrong = wrongWithFiles(said);
  let before = Number(begin);
  return taps.flatMap(({ file, ended, tap }) => {
    const ms = 1000 * Math.max(0, ended - before);
    before = Math.max(before, ended);
    return casesOf(file, { tap, ms, wrong: wrong.get(file) });
  });
}

/** What prove says of files that exit badly, or do not come to their end; with -Q only in its summary. */
function wrongWithFiles(said: string): ReadonlyMap<string, string> {
  const summary = [...said.matchAll(summaryLine)].map(([, file = '', why = '']) => [file, why] as const);
  // `name`, what was said of it, `name`, …
  const words = said.split(new RegExp(fileLine, 'gm')).slice(1);
  const atOnce = words.flatMap((file, index) => {
    const why = index % 2 ? undefined : /^(Dubious|Failed|No subtests).*$/m.exec(words[index + 1] ?? '');
    return why ? [[file, why[0]] as const] : [];
  });
  return new Map([...summary, ...atOnce]);
}

interface Tap {
  readonly file: string;
  /** Seconds since the epoch. */
  readonly ended: number;
  readonly tap: string;
}

function tapOf(part: string): Tap {
  const [head = '', ...lines] = part.split('\n');
  const [, file = '', ended] = /^(.*), ended at ([\d.]+)$/.exec(head) ?? [];
  return { file, ended: Number(ended), tap: lines.join('\n') };
}

function casesOf(
  file: string,
  { tap, ms, wrong }: Pick<Tap, 'tap'> & { readonly ms: number; readonly wrong: string | undefined },
): readonly ReportedCase[] {
  const events = Parser.parse(tap);
  const found = assertionsIn(events);
  const bad = found.some(({ verdict }) => verdict === 'fail');
  const why = bad ? undefined : (wrong ?? missingIn(events, tap));
  const all = why === undefined ? found : [...found, ending(why)];
  return all.map(({ name, verdict, message }) => ({
    ...{ name, verdict, classname: '', places: [file] },
    // Many take less than a millisecond.
    durationMs: Number((ms / all.length).toFixed(3)),
    ...present({ message }),
  }));
}

type Events = ReturnType<typeof Parser.parse>;

/** What of a file's TAP is not there, if anything: prove itself may have been ended before it could tell. */
function missingIn(events: Events, tap: string): string | undefined {
  // The parser takes what is empty for a file that plans no test.
  if (!/^1\.\.\d/m.test(tap)) return 'its TAP has no plan';
  const results = events.flatMap((event) => (event[0] === 'complete' ? [event[1]] : [])).at(-1);
  const { count = 0, plan } = results ?? {};
  return count === plan?.end ? undefined : `its TAP has ${count} of ${plan?.end} tests`;
}

interface Assertion {
  readonly name: string;
  readonly verdict: Verdict;
  readonly message?: string;
}

const ending = (message: string): Assertion => ({
  ...{ name: '(the end of the file)', verdict: 'fail', message },
});

/** Those of subtests, too, each with the names of what it is in. */
function assertionsIn(events: Events): readonly Assertion[] {
  return events.flatMap((event): readonly Assertion[] => {
    if (event[0] === 'child') return assertionsIn(event[1]);
    if (event[0] !== 'assert') return [];
    const { ok, id, fullname, skip, todo } = event[1];
    const name = fullname || `test ${id}`;
    if (skip) return [{ name, verdict: 'skip' }];
    // What is still to be done may fail.
    if (todo) return [{ name, verdict: ok ? 'pass' : 'skip' }];
    return [{ name, verdict: ok ? 'pass' : 'fail', ...(!ok && { message: `not ok ${id} - ${name}` }) }];
  });
}
