/**
 * The least of these with which something still fails, in their order: none can be left out (delta debugging:
 * Zeller and Hildebrandt, 2002). It is taken for granted that it fails with all of them, and not with none.
 */
export async function minimalSet<T>(
  all: readonly T[],
  fails: (some: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let [set, parts] = [all, 2];
  while (set.length > 1) {
    const size = Math.ceil(set.length / parts);
    const chunks = Array.from({ length: Math.ceil(set.length / size) }, (_, index) =>
      set.slice(index * size, (index + 1) * size),
    );
    const smaller = await firstThat(chunks, fails);
    if (smaller) {
      [set, parts] = [smaller, 2];
      continue;
    }
    // With two halves the rest of one is the other.
    const rests = chunks.length > 2 ? chunks.map((chunk) => set.filter((each) => !chunk.includes(each))) : [];
    const rest = await firstThat(rests, fails);
    if (rest) [set, parts] = [rest, Math.max(2, parts - 1)];
    else if (parts >= set.length) return set;
    else parts = Math.min(set.length, 2 * parts);
  }
  return set;
}

async function firstThat<T>(
  sets: readonly (readonly T[])[],
  fails: (some: readonly T[]) => Promise<boolean>,
): Promise<readonly T[] | undefined> {
  for (const set of sets) if (await fails(set)) return set;
  return undefined;
}
