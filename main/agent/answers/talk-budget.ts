import type { Message } from 'vscode-jsonrpc/node';
import { UnexpectedWordsError } from './check-words.ts';

/** Notices at once, and in the long run per second: what an agent does has a few thousand lines at most. */
const burst = 20_000;
const perSecond = 50;

/** Answers that come at once, and in the long run per second. */
const answerBurst = 10_000;
const answersPerSecond = 500;

/**
 * Counts what an agent says, each part of it being bounded elsewhere: one that talks without end would fill
 * logs and memory with as many small things.
 */
export class TalkBudget {
  readonly #notices = new Bucket(burst, perSecond);
  readonly #answers = new Bucket(answerBurst, answersPerSecond);

  /** Throws UnexpectedWordsError when it is too much. */
  take(message: Message): void {
    const [bucket, what] = 'method' in message ? [this.#notices, 'notices'] : [this.#answers, 'answers'];
    if (!bucket.take()) throw new UnexpectedWordsError(`number of ${what}`, 'it has no end');
  }
}

class Bucket {
  readonly #most: number;
  readonly #perMs: number;
  #left: number;
  #since = performance.now();

  constructor(most: number, perSecond: number) {
    this.#most = most;
    this.#perMs = perSecond / 1000;
    this.#left = most;
  }

  take(): boolean {
    const now = performance.now();
    this.#left = Math.min(this.#most, this.#left + (now - this.#since) * this.#perMs) - 1;
    this.#since = now;
    return this.#left >= 0;
  }
}
