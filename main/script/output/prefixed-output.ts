import { once } from 'node:events';
import { Writable } from 'node:stream';

/** Bytes; a line that is longer is broken. */
const longest = 64 * 1024;

/**
 * A stream for each name, whose lines come out of `target` whole, with the name before them. `target` is
 * waited for and not ended; when it fails, so do all of them.
 */
export function prefixedOutputs(names: readonly string[], target: Writable): readonly Writable[] {
  const width = Math.max(...names.map((name) => name.length));
  const shared = new SharedTarget(target);
  const outputs = names.map((name) => new PrefixedOutput(`${name.padEnd(width)} | `, shared));
  let open = outputs.length;
  const onError = (error: Error) => {
    for (const output of outputs) output.destroy(error);
  };
  target.on('error', onError);
  for (const output of outputs) output.once('close', () => --open === 0 && target.off('error', onError));
  return outputs;
}

/** Many writers that wait for one stream. */
class SharedTarget {
  readonly #target: Writable;
  #drained: Promise<unknown> | undefined;

  constructor(target: Writable) {
    this.#target = target;
  }

  async write(text: Buffer): Promise<void> {
    if (text.length === 0 || this.#target.destroyed || this.#target.write(text)) return;
    const either = ['drain', 'close'].map((event) => once(this.#target, event).catch(() => undefined));
    this.#drained ??= Promise.race(either).finally(() => {
      this.#drained = undefined;
    });
    await this.#drained;
  }
}

class PrefixedOutput extends Writable {
  readonly #prefix: Buffer;
  readonly #target: SharedTarget;
  #rest = Buffer.alloc(0);

  constructor(prefix: string, target: SharedTarget) {
    super({ decodeStrings: true });
    this.#prefix = Buffer.from(prefix);
    this.#target = target;
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const text = Buffer.concat([this.#rest, chunk]);
    const parts: Buffer[] = [];
    let start = 0;
    for (;;) {
      const newline = text.indexOf(10, start);
      const end = newline < 0 ? text.length : newline;
      if (newline < 0 && end - start < longest) break;
      const stop = Math.min(end, start + longest);
      parts.push(this.#prefix, text.subarray(start, stop), lineEnd);
      start = stop === newline ? stop + 1 : stop;
    }
    this.#rest = Buffer.from(text.subarray(start));
    void this.#target.write(Buffer.concat(parts)).then(() => done());
  }

  override _final(done: () => void): void {
    const rest = this.#rest.length === 0 ? [] : [this.#prefix, this.#rest, lineEnd];
    void this.#target.write(Buffer.concat(rest)).then(() => done());
  }
}

const lineEnd = Buffer.from('\n');
