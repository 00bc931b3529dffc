/** Loads that are looked at before the search is given up: some 30 ms. */
const mostLooks = 2_000_000;

/** Files up to which it is tried at all. */
const mostWorks = 60;

/**
 * Branch and bound: looks for a schedule that is shorter than the `known` one, down to `least`, which none
 * can be below. `works`: the slowest first. `proven`: none is shorter than what it gives.
 */
export function searchShorter(
  works: readonly number[],
  runners: number,
  { known, least }: { readonly known: number; readonly least: number },
): { readonly shortest: number; readonly proven: boolean } {
  if (works.length > mostWorks) return { shortest: known, proven: false };
  const left = works.map((_, index) => works.slice(index).reduce((sum, work) => sum + work, 0));
  const loads = new Array<number>(runners).fill(0);
  let [shortest, looks] = [known, 0];
  const place = (index: number, longest: number): void => {
    const work = works[index];
    if (work === undefined) {
      shortest = longest;
      return;
    }
    looks += runners;
    // What all runners together can take without being as long as the shortest.
    const room = loads.reduce((sum, load) => sum + Math.max(0, shortest - 1 - load), 0);
    if (room < (left[index] ?? 0)) return;
    // Runners with the same load are alike: one of them is tried. The emptiest is the most promising.
    for (const load of [...new Set(loads)].sort((one, other) => one - other)) {
      if (looks > mostLooks || shortest <= least) return;
      if (load + work >= shortest) return;
      const runner = loads.indexOf(load);
      loads[runner] = load + work;
      place(index + 1, Math.max(longest, load + work));
      loads[runner] = load;
    }
  };
  place(0, 0);
  return { shortest, proven: shortest <= least || looks <= mostLooks };
}
