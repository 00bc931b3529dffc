import { setTimeout as sleep } from 'node:timers/promises';

/** ms after which nobody waits any longer for who came before. */
const patience = 1000;

/**
 * Lets nodes do something one after another that each does best while the others are still there. Who takes
 * long keeps nobody from it: all have begun within a second after they came.
 */
export class Turns {
  #before: Promise<unknown> = Promise.resolve();

  /** Throws what the action throws; that of another is no matter. */
  take<Result>(action: () => Promise<Result>): Promise<Result> {
    const before = this.#before;
    const mine = withPatience(before).then(action);
    this.#before = mine.catch(() => undefined);
    return mine;
  }
}

async function withPatience(before: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  await Promise.race([before, sleep(patience, undefined, { signal: enough.signal })]);
  enough.abort();
}
