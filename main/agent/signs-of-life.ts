import type { Readable } from 'node:stream';
import { ShakedownError } from '../../common/errors.ts';
import { Deadman } from '../../common/protocol/deadman.ts';
import { aliveEvery, aliveWithin } from '../../common/protocol/notifications.ts';

/** Seconds from one question for a sign of life to the next where the agent must answer soon. */
const askEvery = 2;

/**
 * Says to an agent that the main host lives, and waits for the agent's word: it counts as gone when nothing
 * is heard of it for too long.
 */
export class SignsOfLife {
  readonly #heardOn: Readable;
  readonly #say: () => void;
  readonly #deadman: Deadman;
  #saying: NodeJS.Timeout;
  #within = aliveWithin;

  /** `gone` is called once, with an error that says how long nothing was heard on `heardOn`. */
  constructor(heardOn: Readable, say: () => void, gone: (why: ShakedownError) => void) {
    this.#heardOn = heardOn;
    this.#say = say;
    this.#deadman = new Deadman(aliveWithin, () => gone(silent(this.#within)));
    heardOn.on('data', () => this.#deadman.heard());
    this.#saying = this.#sayEvery(aliveEvery);
  }

  /** See Agent.mustAnswer; `ended` is aborted when it is gone. */
  insist(seconds: number, ended: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (ended.aborted) return Promise.resolve();
    ended.addEventListener('abort', () => resolve(), { once: true });
    this.#heardOn.once('data', () => resolve());
    this.#within = Math.min(this.#within, seconds);
    this.#deadman.insist(seconds);
    clearInterval(this.#saying);
    this.#saying = this.#sayEvery(askEvery);
    this.#say();
    return promise;
  }

  /** Nothing more is said, nor waited for. */
  rest(): void {
    clearInterval(this.#saying);
    this.#deadman.rest();
  }

  #sayEvery(seconds: number): NodeJS.Timeout {
    return setInterval(this.#say, seconds * 1000).unref();
  }
}

const silent = (seconds: number): ShakedownError =>
  new ShakedownError({
    at: Date.now() - seconds * 1000,
    message: `the agent on the node has said nothing for ${seconds} s`,
    hint: 'look at the node (`dmesg`, load, a disk that hangs)',
  });
