import { setTimeout as sleep } from 'node:timers/promises';
import { once } from '../../../../main/distribute/hand-out/attempts.ts';
import type { Batch } from '../../../../main/distribute/hand-out/batch.ts';
import { HandOut } from '../../../../main/distribute/hand-out/hand-out.ts';
import type { Judgement } from '../../../../main/distribute/hand-out/judgement.ts';

export const names = (count: number) => Array.from({ length: count }, (_, index) => `f${index}`);

interface Options {
  readonly ms?: number | readonly number[];
  readonly batches?: boolean;
  readonly runners?: Readonly<Record<string, number>>;
  readonly retries?: number;
}

/**
 * A queue of files that are expected to take `ms`, each or by their numbers; `runners` by their nodes. With
 * what was judged.
 */
export function handOut(
  count: number,
  { ms = 100, batches = false, runners = { a: 0, b: 0 }, retries = 0 }: Options = {},
) {
  const judged: Judgement[] = [];
  const take = (index: number) => (typeof ms === 'number' ? ms : (ms[index] ?? 0));
  const files = names(count).map((path, index) => ({ path, expectedMs: take(index) }));
  const queue = new HandOut(files, {
    ...{ batches, judged: (judgement) => judged.push(judgement) },
    repetition: { ...once, retries },
  });
  for (const [runner, node] of Object.entries(runners)) queue.join(runner, node);
  const end = (runner: string, { files: some }: Batch, passed: (file: string) => boolean = () => true) =>
    queue.ended(
      runner,
      some.map((path) => ({ path, passed: passed(path), took: take(Number(path.slice(1))) })),
    );
  return { queue, judged, end };
}

/** What runners wait for, so that no file is lost with one that gets nothing at once. */
const asked = new WeakMap<HandOut, Map<string, Promise<Batch | undefined>>>();

/** Lets a runner work until it gets nothing more at once; gives what it had. */
export async function drain(
  queue: HandOut,
  runner: string,
  act: (batch: Batch) => void,
  most = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const had: string[] = [];
  const waiting = asked.get(queue) ?? new Map<string, Promise<Batch | undefined>>();
  asked.set(queue, waiting);
  while (had.length < most) {
    const next = waiting.get(runner) ?? queue.next(runner);
    waiting.set(runner, next);
    const batch = await Promise.race([next, sleep(5, undefined)]);
    if (!batch) break;
    waiting.delete(runner);
    had.push(...batch.files);
    act(batch);
  }
  return had;
}
