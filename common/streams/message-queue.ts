import type { Readable } from 'node:stream';
import { BrokenProtocolError } from './frames.ts';

/** More messages than these that wait, or more bytes, hold up what is read. */
const maxWaiting = 256;
const maxWaitingBytes = 4 * 1024 * 1024;

/**
 * Puts messages together and hands them on one in a turn of the event loop, as fast as the protocol's library
 * takes them: a side that sends more messages than are understood in time is held up, and fills no memory.
 */
export class MessageQueue {
  readonly #input: Readable;
  readonly #maxMessage: number;
  readonly #hand: (message: Buffer) => void;
  #parts: Buffer[] = [];
  #partBytes = 0;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #next: NodeJS.Immediate | undefined;
  #empty: (() => void) | undefined;

  constructor(input: Readable, maxMessage: number, hand: (message: Buffer) => void) {
    this.#input = input;
    this.#maxMessage = maxMessage;
    this.#hand = hand;
  }

  /** Throws BrokenProtocolError when the message grows too large. */
  add(part: Buffer, last: boolean): void {
    this.#partBytes += part.length;
    if (this.#partBytes > this.#maxMessage) {
      throw new BrokenProtocolError(`a message has more than ${this.#maxMessage} bytes`);
    }
    this.#parts.push(part);
    if (!last) return;
    this.#waiting.push(this.#parts.length === 1 ? part : Buffer.concat(this.#parts));
    this.#waitingBytes += this.#partBytes;
    this.#parts = [];
    this.#partBytes = 0;
    if (this.#isFull) this.#input.pause();
    this.#next ??= setImmediate(() => this.#turn());
  }

  /** Calls back once all that waits has been handed on. */
  whenEmpty(action: () => void): void {
    if (this.#waiting.length === 0) action();
    else this.#empty = action;
  }

  close(): void {
    clearImmediate(this.#next);
    this.#waiting.length = 0;
  }

  get #isFull(): boolean {
    return this.#waiting.length > maxWaiting || this.#waitingBytes > maxWaitingBytes;
  }

  #turn(): void {
    const message = this.#waiting.shift();
    this.#waitingBytes -= message?.length ?? 0;
    this.#next = this.#waiting.length > 0 ? setImmediate(() => this.#turn()) : undefined;
    if (this.#input.isPaused() && !this.#isFull) this.#input.resume();
    if (message) this.#hand(message);
    if (this.#waiting.length === 0) this.#empty?.();
  }
}
