/**
 * What came of fetching from another node: it is there; nobody answered; it broke off; it was something else.
 */
export type Fetched = 'there' | 'unreached' | 'broken' | 'wrong';

/** The two ways by which something comes to a node. */
export interface Ways<Holder> {
  /** From the main host. */
  readonly send: () => Promise<void>;
  /**
   * From a node that has it. Does not throw for what that node, or the network between them, is to blame for.
   */
  readonly fetch: (from: Holder) => Promise<Fetched>;
}

/**
 * Nodes that one node serves side by side: with fewer, ten would take a round
 * more, which is an agent's start.
 */
const atOnce = 3;

interface Source<Holder> {
  readonly holder: Holder;
  serving: number;
  /** One after another. */
  failures: number;
}

/** Undefined: it is the main host's turn. */
type Turn<Holder> = (source: Source<Holder> | undefined) => void;

/**
 * One thing that many nodes lack goes from the main host to the first of them, and from node to node after
 * that: each that has it serves the next ones, and the others wait meanwhile. A node that could not fetch it
 * is sent it by the main host, and so are all once it has turned out that they do not reach one another.
 * Where the first one is slow, the main host begins with another one after a while. Knows no machine.
 */
export class Relay<Holder extends { readonly gone: AbortSignal }> {
  readonly #sources = new Set<Source<Holder>>();
  readonly #waiting = new Map<object, Turn<Holder>>();
  /** Those to whom the main host sends it, and those who have it from there and are no holders yet. */
  readonly #served = new Set<object>();
  readonly #count = { came: 0, failed: 0 };
  #patience: number;
  #timer: NodeJS.Timeout | undefined;

  /**
   * `patience`: seconds for which nodes wait, none being served, before the main host sends it to one more of
   * them; twice as many the next time.
   */
  constructor(patience = 10) {
    this.#patience = patience;
  }

  /**
   * Brings it to a node, for which `newcomer` stands until it is a holder or `leave` is called. Throws what
   * the two ways throw, and the reason of `signal`.
   */
  async bring(newcomer: object, { send, fetch }: Ways<Holder>, signal?: AbortSignal): Promise<void> {
    const source = await this.#turn(newcomer, signal);
    if (source && (await this.#fetch(source, fetch))) return;
    signal?.throwIfAborted();
    this.#served.add(newcomer);
    await send();
  }

  /** The newcomer has it, and others may fetch it there until it is gone. */
  hold(newcomer: object, holder: Holder): void {
    const source = { holder, serving: 0, failures: 0 };
    if (!holder.gone.aborted) this.#sources.add(source);
    holder.gone.addEventListener('abort', () => this.#sources.delete(source) && this.#next(), { once: true });
    this.leave(newcomer);
  }

  /** Nobody waits for this newcomer any more. */
  leave(newcomer: object): void {
    this.#served.delete(newcomer);
    this.#next();
  }

  #turn(newcomer: object, signal?: AbortSignal): Promise<Source<Holder> | undefined> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Source<Holder> | undefined>();
    this.#waiting.set(newcomer, resolve);
    const onAbort = () => {
      reject(signal?.reason);
      if (this.#waiting.delete(newcomer)) this.#next();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#next();
    return promise.finally(() => signal?.removeEventListener('abort', onAbort));
  }

  async #fetch(source: Source<Holder>, fetch: Ways<Holder>['fetch']): Promise<boolean> {
    try {
      const fetched = await fetch(source.holder);
      const there = fetched === 'there';
      this.#count[there ? 'came' : 'failed'] += 1;
      source.failures = there ? 0 : source.failures + 1;
      if (fetched === 'wrong' || source.failures > 1) this.#sources.delete(source);
      return there;
    } finally {
      source.serving -= 1;
      this.#next();
    }
  }

  /** Gives whoever waits a turn, as long as there is one to have. */
  #next(): void {
    const alone = this.#count.came === 0 && this.#count.failed > 1;
    for (const newcomer of this.#waiting.keys()) {
      const source = alone ? undefined : [...this.#sources].find(({ serving }) => serving < atOnce);
      if (!source && !alone && this.#served.size + this.#sources.size > 0) break;
      this.#begin(newcomer, source);
    }
    if (this.#waiting.size === 0) this.#stopWaiting();
    else this.#timer ??= setTimeout(() => this.#oneMore(), this.#patience * 1000);
  }

  #begin(newcomer: object, source?: Source<Holder>): void {
    const turn = this.#waiting.get(newcomer);
    this.#waiting.delete(newcomer);
    this.#stopWaiting();
    if (source) source.serving += 1;
    else this.#served.add(newcomer);
    turn?.(source);
  }

  #oneMore(): void {
    this.#patience *= 2;
    const [first] = this.#waiting.keys();
    if (first) this.#begin(first);
    this.#next();
  }

  #stopWaiting(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
