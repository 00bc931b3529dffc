import { longestHeader } from './tree-entry.ts';

/** Takes lines and runs of bytes out of a stream of chunks. */
export class PackedReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next line, without its end. Throws where there is none any more, or one that is too long. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf(0x0a);
      if (end >= 0) {
        const line = this.#rest.toString('utf8', 0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return line;
      }
      if (this.#rest.length > longestHeader) throw new Error('that is no packed tree');
      this.#rest = Buffer.concat([this.#rest, await this.#more()]);
    }
  }

  /** The next `size` bytes, in pieces; they are to be taken before the next line. */
  async *bytes(size: number): AsyncGenerator<Buffer, void, undefined> {
    for (let left = size; left > 0; ) {
      if (this.#rest.length === 0) this.#rest = await this.#more();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async #more(): Promise<Buffer> {
    const { done, value } = await this.#source.next();
    if (done) throw new Error('the packed tree was broken off');
    return value;
  }
}
