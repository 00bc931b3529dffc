/**
 * Does something for each item, a few at a time, and gives the results in order. After a failure nothing more
 * is begun, what is under way is aborted, and the first error is thrown when all of it has ended.
 */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  signal: AbortSignal | undefined,
  act: (item: Item, signal: AbortSignal) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const failed = new AbortController();
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
  const waiting = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of waiting) {
      if (either.aborted) return;
      try {
        results[index] = await act(item, either);
      } catch (error) {
        failed.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  either.throwIfAborted();
  return results;
}
