const keptBytes = 1024 * 1024;

/** The first MiB of a stream. */
export class KeptOutput {
  #chunks: Buffer[] = [];
  #size = 0;

  add(chunk: Buffer): void {
    if (this.#size >= keptBytes) return;
    this.#chunks.push(chunk.subarray(0, keptBytes - this.#size));
    this.#size += chunk.length;
    // What comes a few bytes at a time would take many times its size.
    if (this.#chunks.length > 1024) this.#chunks = [Buffer.concat(this.#chunks)];
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
