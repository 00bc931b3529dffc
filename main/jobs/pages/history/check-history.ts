import type { Progress } from '../../progress.ts';

type Check = Progress['checks'][number];

/** A run as far as its checks are concerned. */
export interface CheckedRun {
  readonly id: string;
  /** When it began; ISO 8601. */
  readonly at: string;
  readonly checks: readonly Pick<Check, 'name' | 'state'>[];
}

/** How one check went over the runs that there are. */
export interface CheckHistory {
  readonly name: string;
  /** One for each run, the oldest first; undefined where it was not made. */
  readonly states: readonly (Check['state'] | undefined)[];
  readonly last: Check['state'];
  /** It changes to and fro: since the run, by its time, in which it changed first. */
  readonly flickersSince?: string;
  /** Else: how long it has been as it is; absent when it never was otherwise. */
  readonly since?: string;
}

/** Results after which a check that has not changed counts as steady again. */
const steadyAfter = 10;

/**
 * Of each check: whether it flickers, which is that it changed at least twice, with fewer than ten results
 * between one change and the next, and after the last one. `runs` come with the oldest first. Those that
 * flicker come first, then those that do not pass. What a run skipped or could not tell is no result.
 */
export function checkHistories(runs: readonly CheckedRun[]): readonly CheckHistory[] {
  const names = [...new Set(runs.flatMap(({ checks }) => checks.map(({ name }) => name)))];
  const histories = names.map((name) => historyOf(name, runs));
  const order = (each: CheckHistory) => (each.flickersSince ? 0 : each.last === 'pass' ? 2 : 1);
  return histories.toSorted((a, b) => order(a) - order(b));
}

function historyOf(name: string, runs: readonly CheckedRun[]): CheckHistory {
  const states = runs.map(({ checks }) => checks.findLast((check) => check.name === name)?.state);
  const results = runs.flatMap(({ at }, i) => {
    const state = states[i];
    return state === 'pass' || state === 'fail' ? [{ at, state }] : [];
  });
  const last = states.findLast((state) => state !== undefined) ?? 'skip';
  const changes = results.flatMap(({ state }, i) => (i > 0 && results[i - 1]?.state !== state ? [i] : []));
  const newest = changes.at(-1);
  if (newest === undefined) return { name, states, last };
  let first = newest;
  let count = 1;
  for (const change of changes.slice(0, -1).toReversed()) {
    if (first - change >= steadyAfter) break;
    first = change;
    count += 1;
  }
  const isSteady = results.length - newest > steadyAfter;
  const at = (index: number) => results[index]?.at ?? '';
  return count >= 2 && !isSteady
    ? { name, states, last, flickersSince: at(first) }
    : { name, states, last, since: at(newest) };
}
