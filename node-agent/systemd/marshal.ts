/** A value that travels over D-Bus, by the letters of its signature (D-Bus specification, "Marshaling"). */
export type BusValue = string | number | bigint | boolean | readonly BusValue[] | BusVariant;

/** A value that tells its own type. */
export interface BusVariant {
  readonly signature: string;
  readonly value: BusValue;
}

/** Bytes to which the values of each type are aligned. */
const alignments: Readonly<Record<string, number>> = {
  ...{ y: 1, g: 1, v: 1, n: 2, q: 2, i: 4, u: 4, b: 4, s: 4, o: 4, a: 4, h: 4 },
  ...{ x: 8, t: 8, d: 8, '(': 8, '{': 8 },
};

/**
 * The complete types that a signature is made of: `sa(su)` gives `s` and `a(su)`. Throws for what is none.
 */
export function completeTypes(signature: string): string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function endOfType(signature: string, at: number): number {
  const letter = signature[at] ?? '';
  if (alignments[letter] === undefined) throw new Error(`'${signature}' is no signature`);
  if (letter === 'a') return endOfType(signature, at + 1);
  if (letter !== '(' && letter !== '{') return at + 1;
  const close = letter === '(' ? ')' : '}';
  let next = at + 1;
  while (signature[next] !== close) next = endOfType(signature, next);
  return next + 1;
}

/** Puts values into bytes, little end first. What is written is padded as from the beginning of a message. */
export class BusWriter {
  readonly #chunks: Buffer[] = [];
  length = 0;

  pad(alignment: number): this {
    return this.#put(Buffer.alloc((alignment - (this.length % alignment)) % alignment));
  }

  /** Of numbers those that have 32 bits or fewer. Throws for a type that nothing here sends. */
  write(type: string, value: BusValue): this {
    this.pad(alignments[type[0] ?? ''] ?? 1);
    switch (type[0]) {
      case 'y':
        return this.#put(Buffer.from([Number(value)]));
      case 'u':
      case 'b':
        return this.#number(Number(value));
      case 'i':
        return this.#put(bytesOf(4, (buffer) => buffer.writeInt32LE(Number(value))));
      case 's':
      case 'o':
        return this.#number(Buffer.byteLength(String(value))).#put(Buffer.from(`${value}\0`));
      case 'g':
        return this.#put(Buffer.from([String(value).length])).#put(Buffer.from(`${value}\0`));
      case 'v': {
        const { signature, value: inner } = value as BusVariant;
        return this.write('g', signature).write(signature, inner);
      }
      case 'a':
        return this.#array(type.slice(1), value as readonly BusValue[]);
      case '(':
        return this.writeAll(type.slice(1, -1), value as readonly BusValue[]);
      default:
        throw new Error(`nothing of the type '${type}' is sent`);
    }
  }

  writeAll(signature: string, values: readonly BusValue[]): this {
    for (const [index, type] of completeTypes(signature).entries()) this.write(type, values[index] ?? '');
    return this;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #array(type: string, values: readonly BusValue[]): this {
    const size = Buffer.alloc(4);
    this.#put(size).pad(alignments[type[0] ?? ''] ?? 1);
    const begin = this.length;
    for (const value of values) this.write(type, value);
    size.writeUInt32LE(this.length - begin);
    return this;
  }

  #number(value: number): this {
    return this.#put(bytesOf(4, (buffer) => buffer.writeUInt32LE(value)));
  }

  #put(bytes: Buffer): this {
    this.#chunks.push(bytes);
    this.length += bytes.length;
    return this;
  }
}

function bytesOf(size: number, write: (buffer: Buffer) => unknown): Buffer {
  const buffer = Buffer.alloc(size);
  write(buffer);
  return buffer;
}

/** Takes values out of bytes. Throws a RangeError where they end too early, and for what is no type. */
export class BusReader {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  pad(alignment: number): void {
    this.at += (alignment - (this.at % alignment)) % alignment;
  }

  readAll(signature: string): BusValue[] {
    return completeTypes(signature).map((type) => this.read(type));
  }

  /** 64 bits come as a bigint, all other numbers as a number. */
  read(type: string): BusValue {
    const letter = type[0] ?? '';
    this.pad(alignments[letter] ?? 1);
    const bytes = this.#bytes;
    switch (letter) {
      case 'y':
        return bytes.readUInt8(this.#next(1));
      case 'b':
        return bytes.readUInt32LE(this.#next(4)) !== 0;
      case 'n':
        return bytes.readInt16LE(this.#next(2));
      case 'q':
        return bytes.readUInt16LE(this.#next(2));
      case 'i':
        return bytes.readInt32LE(this.#next(4));
      case 'u':
      case 'h':
        return bytes.readUInt32LE(this.#next(4));
      case 'x':
        return bytes.readBigInt64LE(this.#next(8));
      case 't':
        return bytes.readBigUInt64LE(this.#next(8));
      case 'd':
        return bytes.readDoubleLE(this.#next(8));
      case 's':
      case 'o':
        return this.#text(bytes.readUInt32LE(this.#next(4)));
      case 'g':
        return this.#text(bytes.readUInt8(this.#next(1)));
      case 'v':
        return this.read(String(this.read('g')));
      case 'a':
        return this.#array(type.slice(1));
      default:
        return this.readAll(type.slice(1, -1));
    }
  }

  #array(type: string): BusValue[] {
    const size = this.#bytes.readUInt32LE(this.#next(4));
    this.pad(alignments[type[0] ?? ''] ?? 1);
    const end = this.at + size;
    if (end > this.#bytes.length) throw new RangeError('an array ends after its message');
    const values: BusValue[] = [];
    while (this.at < end) values.push(this.read(type));
    return values;
  }

  #text(length: number): string {
    const begin = this.#next(length + 1);
    if (this.at > this.#bytes.length) throw new RangeError('a text ends after its message');
    return this.#bytes.toString('utf8', begin, begin + length);
  }

  /** Where the next bytes begin, which are taken. */
  #next(size: number): number {
    const at = this.at;
    this.at += size;
    return at;
  }
}
