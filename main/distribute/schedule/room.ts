/**
 * How much each of `count` runners can still take, as a tree of maxima: who can take most, and the first who
 * can take so much, are each found in the logarithm of their number.
 */
export class Room {
  readonly #leaves: number;
  readonly #most: Float64Array;

  constructor(count: number, capacity: number) {
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, count)));
    this.#most = new Float64Array(2 * this.#leaves).fill(Number.NEGATIVE_INFINITY);
    for (let runner = 0; runner < count; runner += 1) this.#most[this.#leaves + runner] = capacity;
    for (let node = this.#leaves - 1; node > 0; node -= 1) this.#sum(node);
  }

  /** Of the runner that has the most. */
  get most(): number {
    return this.#most[1] ?? 0;
  }

  /** Gives the work to the first runner that has so much room. False where none has. */
  takeFirst(work: number): boolean {
    if (this.most < work) return false;
    this.#take(work, (left) => left >= work);
    return true;
  }

  /** Gives the work to the runner that has the most room. */
  takeMost(work: number): void {
    const { most } = this;
    this.#take(work, (left) => left === most);
  }

  /** Ms that the runner has left that has least: only where all can take what they were given. */
  get least(): number {
    const leaves = this.#most.subarray(this.#leaves).filter((each) => each !== Number.NEGATIVE_INFINITY);
    return leaves.reduce((least, each) => Math.min(least, each), Number.POSITIVE_INFINITY);
  }

  #take(work: number, goLeft: (mostLeft: number) => boolean): void {
    let node = 1;
    while (node < this.#leaves) node = goLeft(this.#most[2 * node] ?? 0) ? 2 * node : 2 * node + 1;
    this.#most[node] = (this.#most[node] ?? 0) - work;
    for (node >>= 1; node > 0; node >>= 1) this.#sum(node);
  }

  #sum(node: number): void {
    this.#most[node] = Math.max(this.#most[2 * node] ?? 0, this.#most[2 * node + 1] ?? 0);
  }
}
