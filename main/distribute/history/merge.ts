import { present } from '../../../common/present.ts';
import type { Flickering, History, KnownFile } from './history.ts';

/** What was found out in one place, by runs that one after the other added to it. */
export interface Origin {
  /** ms that a process of tests took beside them the last time; absent where that is not known. */
  readonly startMs?: number;
  /** When something was last added; ms since the epoch. */
  readonly at: number;
  readonly files: History;
}

/** By the name of the place. */
export type Origins = Readonly<Record<string, Origin>>;

/**
 * Both together. Nothing is counted twice, and in which order histories are put together, and how often,
 * makes no difference: each place adds only to what is its own, so of a file that both have from there the
 * one with more runs is the later one.
 */
export function merged(one: Origins, other: Origins): Origins {
  const both = byKey(one, other, (mine, theirs): Origin => {
    const later = mine.at >= theirs.at ? mine : theirs;
    return { ...later, files: byKey(mine.files, theirs.files, laterOf) };
  });
  return Object.fromEntries(Object.entries(both).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const laterOf = (one: KnownFile, other: KnownFile): KnownFile =>
  [one, other].toSorted(
    (a, b) =>
      b.runs - a.runs || (b.at ?? 0) - (a.at ?? 0) || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1),
  )[0] ?? one;

/** Runs from which on a place's mean counts no more: it forgets older ones. */
const mostWeight = 5;

/**
 * What is known of each file, wherever it was run: the mean of the places' means, by how often it was run.
 */
export function combined(origins: Origins): History {
  const places = Object.values(origins);
  const [only] = places;
  if (only && places.length === 1) return only.files;
  const known = Map.groupBy(
    places.flatMap(({ files }) => Object.entries(files)),
    ([file]) => file,
  );
  return Object.fromEntries([...known].map(([file, all]) => [file, together(all.map(([, each]) => each))]));
}

function together(all: readonly KnownFile[]): KnownFile {
  const weight = ({ runs }: KnownFile) => Math.min(runs, mostWeight);
  const weights = all.reduce((sum, each) => sum + weight(each), 0);
  const newest = all.reduce((last, each) => ((each.at ?? 0) > (last.at ?? 0) ? each : last));
  const flaky = all.reduce(
    (sum: KnownFile['flaky'], each) => (each.flaky ? byKey(sum ?? {}, each.flaky, bothFlickers) : sum),
    undefined,
  );
  return {
    ...newest,
    ms: Math.round(all.reduce((sum, each) => sum + each.ms * weight(each), 0) / weights),
    runs: all.reduce((sum, { runs }) => sum + runs, 0),
    ...present({ flaky }),
  };
}

function bothFlickers(one: Flickering, other: Flickering): Flickering {
  const [first, second] = one.since <= other.since ? [one, other] : [other, one];
  const last = [one.last, other.last].sort().at(-1) ?? one.last;
  return { since: first.since, runsBefore: first.runsBefore, last, times: first.times + second.times };
}

/** ms that a process of tests takes beside them, as it was last found out. */
export const startOf = (origins: Origins): number | undefined =>
  Object.values(origins)
    .filter(({ startMs }) => startMs !== undefined)
    .toSorted((one, other) => other.at - one.at)[0]?.startMs;

function byKey<Value>(
  one: Readonly<Record<string, Value>>,
  other: Readonly<Record<string, Value>>,
  both: (one: Value, other: Value) => Value,
): Readonly<Record<string, Value>> {
  const more = Object.entries(other).map(([key, value]) => {
    const own = one[key];
    return [key, own === undefined ? value : both(own, value)] as const;
  });
  return { ...one, ...Object.fromEntries(more) };
}
