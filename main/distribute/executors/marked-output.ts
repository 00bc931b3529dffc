/** A stream of output in which marks stand between the parts of files. */
export class MarkedOutput {
  readonly #mark: Buffer;
  readonly #write: (chunk: Buffer) => Promise<void>;
  readonly #marked: () => void;
  #held: Buffer = Buffer.alloc(0);

  /** `write` gets what is said, `marked` is told of each mark in its place. */
  constructor(mark: string, write: (chunk: Buffer) => Promise<void>, marked: () => void) {
    this.#mark = Buffer.from(markLine(mark));
    this.#write = write;
    this.#marked = marked;
  }

  /** Resolves when more may come. */
  async add(chunk: Buffer): Promise<void> {
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    for (let at = rest.indexOf(this.#mark); at >= 0; at = rest.indexOf(this.#mark)) {
      if (at > 0) await this.#write(rest.subarray(0, at));
      this.#marked();
      rest = rest.subarray(at + this.#mark.length);
    }
    const begun = this.#begunIn(rest);
    this.#held = Buffer.from(rest.subarray(rest.length - begun));
    if (begun < rest.length) await this.#write(rest.subarray(0, rest.length - begun));
  }

  /** What is held back was no mark. */
  async end(): Promise<void> {
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    if (rest.length > 0) await this.#write(rest);
  }

  /** How many bytes at the end may be the beginning of a mark. */
  #begunIn(rest: Buffer): number {
    for (let length = Math.min(rest.length, this.#mark.length - 1); length > 0; length -= 1) {
      if (rest.subarray(rest.length - length).equals(this.#mark.subarray(0, length))) return length;
    }
    return 0;
  }
}

/** U+001E is ASCII's own sign between records. */
export const markLine = (mark: string): string => `\x1e${mark}\n`;
