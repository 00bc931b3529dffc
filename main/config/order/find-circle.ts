/**
 * A circle of a graph, as its vertices in the order of its arrows; undefined where there is none. One is
 * enough: those that nodes alike make beside it go with it.
 */
export function findCircle<T>(
  all: readonly T[],
  next: ReadonlyMap<string, readonly T[]>,
  keyOf: (one: T) => string,
): readonly T[] | undefined {
  const done = new Set<string>();
  const visit = (one: T, path: readonly T[]): readonly T[] | undefined => {
    const begin = path.findIndex((each) => keyOf(each) === keyOf(one));
    if (begin >= 0) return path.slice(begin);
    if (done.has(keyOf(one))) return undefined;
    for (const each of next.get(keyOf(one)) ?? []) {
      const circle = visit(each, [...path, one]);
      if (circle) return circle;
    }
    done.add(keyOf(one));
    return undefined;
  };
  for (const one of all) {
    const circle = visit(one, []);
    if (circle) return circle;
  }
  return undefined;
}
