import { unwound } from '../../common/unwound.ts';

/** Seconds after which nobody waits any longer for who came before. */
const patience = 1;

/**
 * Lets nodes do something one after another that each does best while the others are still there. Who takes
 * long keeps nobody from it: all have begun within a second after they came.
 */
export class OneAfterAnother {
  #before: Promise<unknown> = Promise.resolve();

  /** Throws what the action throws; that of another is no matter. */
  take<Result>(action: () => Promise<Result>): Promise<Result> {
    const mine = unwound(this.#before, patience).then(action);
    this.#before = mine;
    return mine;
  }
}
