import { Parser } from 'tap-parser';
import { ShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import type { Verdict } from '../../../common/results.ts';
import type { ReportedCase } from './reported-case.ts';

/** Where prove begins to tell of a file, and what of that is the file's name. */
const fileLine = /^(?:\[[^\]]*\] )?(\S.*?) \.\.+ /m;

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
  // `name`, what was said of it, `name`, …
  const words = said.split(new RegExp(fileLine, 'gm')).slice(1);
  const ends = new Map(words.flatMap((name, index) => (index % 2 ? [] : [[name, words[index + 1] ?? '']])));
  let before = Number(begin);
  return taps.flatMap(({ file, ended, tap }) => {
    const ms = 1000 * Math.max(0, ended - before);
    before = Math.max(before, ended);
    return casesOf(file, { tap, ms, said: ends.get(file) ?? '' });
  });
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
  { tap, ms, said }: { readonly tap: string; readonly ms: number; readonly said: string },
): readonly ReportedCase[] {
  const found = assertionsIn(Parser.parse(tap));
  const bad = found.some(({ verdict }) => verdict === 'fail');
  // A file may exit badly, or not come to its end, without any test that failed.
  const wrong = /^(Dubious|Failed|No subtests).*$/m.exec(said)?.[0];
  const all = bad || wrong === undefined ? found : [...found, ending(wrong)];
  return all.map(({ name, verdict, message }) => ({
    ...{ name, verdict, classname: '', places: [file] },
    // Many take less than a millisecond.
    durationMs: Number((ms / all.length).toFixed(3)),
    ...present({ message }),
  }));
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
function assertionsIn(events: ReturnType<typeof Parser.parse>): readonly Assertion[] {
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
