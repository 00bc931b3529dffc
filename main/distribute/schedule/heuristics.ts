import { Room } from './room.ts';

/**
 * Ways to a good schedule, each of which gives how long it takes, in the unit
 * of `works`; these slowest first.
 */
export const heuristics: Readonly<Record<'LPT' | 'SLACK' | 'MULTIFIT', Heuristic>> = {
  /** Whoever is free takes the slowest that is left (Graham, 1969). */
  LPT: (works, runners) => inOrder(works, runners),
  SLACK: (works, runners) => inOrder(bySlack(works, runners), runners),
  MULTIFIT: multifit,
};

type Heuristic = (works: readonly number[], runners: number) => number;

/** How long it takes when whoever is free takes the next. */
function inOrder(works: readonly number[], runners: number): number {
  const room = new Room(runners, 0);
  for (const work of works) room.takeMost(work);
  return 0 - room.least;
}

/**
 * As many as there are runners at a time, those first whose slowest and fastest differ most (Della Croce and
 * Scatamacchia, 2020: "The Longest Processing Time rule for identical parallel machines revisited").
 */
function bySlack(works: readonly number[], runners: number): readonly number[] {
  const groups = Array.from({ length: Math.ceil(works.length / runners) }, (_, index) =>
    works.slice(index * runners, (index + 1) * runners),
  );
  const slack = (group: readonly number[]) =>
    (group[0] ?? 0) - (group.length === runners ? (group.at(-1) ?? 0) : 0);
  return groups.toSorted((one, other) => slack(other) - slack(one)).flat();
}

/** Halvings of the span in which the length of the schedule is looked for. */
const halvings = 20;

/** The least capacity at which first-fit decreasing packs it all (Coffman, Garey and Johnson, 1978). */
function multifit(works: readonly number[], runners: number): number {
  const share = works.reduce((sum, work) => sum + work, 0) / runners;
  const longest = works[0] ?? 0;
  let [low, high, best] = [Math.max(share, longest), Math.max(2 * share, longest), Number.POSITIVE_INFINITY];
  for (let half = 0; half < halvings && low <= high; half += 1) {
    const capacity = half === 0 ? high : (low + high) / 2;
    const took = firstFit(works, runners, capacity);
    if (took === undefined) low = capacity;
    else {
      best = Math.min(best, took);
      high = Math.min(capacity, took);
    }
  }
  return best;
}

/**
 * How long it takes when each goes to the first runner with so much room; undefined where one has no place.
 */
function firstFit(works: readonly number[], runners: number, capacity: number): number | undefined {
  const room = new Room(runners, capacity);
  return works.every((work) => room.takeFirst(work)) ? capacity - room.least : undefined;
}
