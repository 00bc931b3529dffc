import { Transform } from 'node:stream';

/** An entry of the journal: its fields by name, as bytes. Of a field that it has several times, the first. */
export type JournalEntry = ReadonlyMap<string, Buffer>;

const newline = 0x0a;

/**
 * Reads systemd's journal export format (`journalctl -o export`), in which values are bytes of any kind. In
 * chunks as they come; gives JournalEntry objects.
 */
export class JournalEntries extends Transform {
  #rest: Buffer = Buffer.alloc(0);
  #entry = new Map<string, Buffer>();

  constructor() {
    super({ readableObjectMode: true });
  }

  override _transform(chunk: Buffer, _encoding: string, done: () => void): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let next = this.#field(bytes, at); next !== undefined; next = this.#field(bytes, at)) at = next;
    this.#rest = bytes.subarray(at);
    done();
  }

  override _flush(done: () => void): void {
    this.#tell();
    done();
  }

  /**
   * Takes the field that begins at a byte; gives where the next one begins,
   * undefined when it is not all there.
   */
  #field(bytes: Buffer, at: number): number | undefined {
    const end = bytes.indexOf(newline, at);
    if (end < 0) return undefined;
    if (end === at) this.#tell();
    const line = bytes.subarray(at, end);
    const equals = line.indexOf('=');
    if (equals >= 0) this.#keep(line.toString('latin1', 0, equals), line.subarray(equals + 1));
    if (equals >= 0 || end === at) return end + 1;
    // A name alone: the value follows, behind its length.
    const start = end + 9;
    if (bytes.length < start) return undefined;
    const stop = start + Number(bytes.readBigUInt64LE(end + 1));
    if (bytes.length <= stop) return undefined;
    this.#keep(line.toString('latin1'), bytes.subarray(start, stop));
    return stop + 1;
  }

  #keep(name: string, value: Buffer): void {
    if (!this.#entry.has(name)) this.#entry.set(name, value);
  }

  #tell(): void {
    if (this.#entry.size > 0) this.push(this.#entry);
    this.#entry = new Map();
  }
}
