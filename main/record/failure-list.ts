import type { FailureDetails } from '../../common/errors.ts';

/** A failure of which it is known when it happened. */
export type DatedFailure = FailureDetails & { readonly at: number };

/**
 * The failures of a run in the order in which they happened, whenever they were told: the first one is the
 * cause. The loss of a node is told by all that it broke off, and stands once.
 */
export class FailureList {
  readonly all: DatedFailure[] = [];
  /** The messages of connections that were lost, by node. */
  readonly #losses = new Map<number, string>();

  /** Whether it is the first one now; undefined for a loss that is known already. */
  add(failure: DatedFailure): boolean | undefined {
    if (failure.node !== undefined && this.#losses.get(failure.node) === failure.message) {
      this.#complete(failure);
      return undefined;
    }
    return this.#insert(failure);
  }

  #insert(failure: DatedFailure): boolean {
    // Mostly it is the last one: of very many nobody looks through all.
    const place = 1 + this.all.findLastIndex(({ at }) => at <= failure.at);
    this.all.splice(place, 0, failure);
    return place === 0;
  }

  /** As `add`, for the loss of a node. */
  addLoss(failure: DatedFailure & { readonly node: number }): boolean | undefined {
    this.#losses.set(failure.node, failure.message);
    if (this.all.some((each) => this.#isIt(each, failure))) return undefined;
    return this.#insert(failure);
  }

  /** What was broken off knows in which phase that was. */
  #complete(again: DatedFailure): void {
    const index = this.all.findIndex((each) => this.#isIt(each, again));
    const known = this.all[index];
    if (known) this.all[index] = { ...again, ...known };
  }

  /** It may have been explained since. */
  #isIt({ node, message }: DatedFailure, told: DatedFailure): boolean {
    return node === told.node && message.startsWith(told.message);
  }
}
