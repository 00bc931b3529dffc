import { placeholder, type Secrets } from './secrets.ts';

/** Masks the secrets in a stream of bytes, also those that come in pieces: what may be one waits for more. */
export class MaskedStream {
  /** Each spelling, as the text that has a character for each of its bytes, and the name of its secret. */
  readonly #spellings: readonly (readonly [string, string])[];
  #held = '';

  constructor(secrets: Secrets) {
    this.#spellings = [...secrets.spellings].map(([text, name]) => [
      Buffer.from(text).toString('latin1'),
      name,
    ]);
  }

  /** What can be passed on by now. */
  write(piece: string | Buffer): Buffer {
    if (this.#spellings.length === 0) return Buffer.from(piece);
    const text = this.#masked(this.#held + Buffer.from(piece).toString('latin1'));
    const held = this.#beginning(text);
    this.#held = held === 0 ? '' : text.slice(-held);
    return Buffer.from(held === 0 ? text : text.slice(0, -held), 'latin1');
  }

  /**
   * What was held back. A part of a secret that the stream was cut off in is masked, too, where it is long.
   */
  end(): Buffer {
    const [text, longest] = [this.#held, this.#beginning(this.#held)];
    this.#held = '';
    const begun = this.#spellings.find(([spelling]) => spelling.startsWith(text));
    const isTelling = begun !== undefined && longest === text.length && text.length * 2 >= begun[0].length;
    return Buffer.from(isTelling ? placeholder(begun[1]) : text, 'latin1');
  }

  #masked(text: string): string {
    let rest = text;
    for (const [spelling, name] of this.#spellings) {
      if (rest.includes(spelling)) rest = rest.replaceAll(spelling, placeholder(name));
    }
    return rest;
  }

  /** How many of the last characters may be the beginning of one. */
  #beginning(text: string): number {
    let most = 0;
    for (const [spelling] of this.#spellings) {
      for (let length = Math.min(spelling.length - 1, text.length); length > most; length--) {
        if (text.endsWith(spelling.slice(0, length))) most = length;
      }
    }
    return most;
  }
}
