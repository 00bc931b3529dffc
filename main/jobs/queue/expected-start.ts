/** A worker's place for one job at a time. */
export interface Place {
  readonly worker: string;
  /**
   * When the job in it is probably over (ms); now or earlier when it is free, undefined when nobody knows.
   */
  readonly freeAt: number | undefined;
}

export interface QueuedJob {
  readonly id: string;
  /** Jobs with the same needs have the same. */
  readonly needs: string;
  /** How long it probably takes; undefined when no job like it was done before. */
  readonly ms: number | undefined;
}

/**
 * When each of the waiting jobs will probably begin, in ms: each, in the order of the queue, takes the place
 * that is free first, of the workers that serve its needs. Undefined where no past job tells, absent where no
 * worker serves it.
 */
export function expectedStarts(
  queued: readonly QueuedJob[],
  places: readonly Place[],
  serves: (worker: string, needs: string) => boolean,
  now: number,
): ReadonlyMap<string, number | undefined> {
  const free = places.map(({ freeAt }) => freeAt ?? Number.POSITIVE_INFINITY);
  const able = new Map<string, readonly number[]>();
  const starts = new Map<string, number | undefined>();
  for (const { id, needs, ms } of queued) {
    const mine = able.get(needs) ?? places.flatMap(({ worker }, at) => (serves(worker, needs) ? [at] : []));
    able.set(needs, mine);
    const [first, ...others] = mine;
    if (first === undefined) continue;
    const soonest = others.reduce((best, at) => ((free[at] ?? 0) < (free[best] ?? 0) ? at : best), first);
    const start = Math.max(now, free[soonest] ?? now);
    starts.set(id, Number.isFinite(start) ? start : undefined);
    free[soonest] = start + (ms ?? Number.POSITIVE_INFINITY);
  }
  return starts;
}
