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
function completeTypes(signature: string): string[] {
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

/**
 * Puts values into bytes, little end first. What is written is padded as from the beginning of a message. One
 * buffer that grows takes them all: a small one for each value costs more than all else of a call.
 */
export class BusWriter {
  #bytes = Buffer.alloc(512);
  length = 0;

  pad(alignment: number): this {
    this.#take((alignment - (this.length % alignment)) % alignment);
    return this;
  }

  byte(value: number): this {
    const at = this.#take(1);
    this.#bytes[at] = value;
    return this;
  }

  /** 32 bits, without a sign. */
  number(value: number): this {
    const at = this.pad(4).#take(4);
    this.#bytes.writeUInt32LE(value, at);
    return this;
  }

  /** A string, or an object's path. */
  text(value: string): this {
    const size = Buffer.byteLength(value);
    const at = this.number(size).#take(size + 1);
    this.#bytes.write(value, at);
    return this;
  }

  /** Of at most 255 letters. */
  signature(value: string): this {
    const at = this.byte(value.length).#take(value.length + 1);
    this.#bytes.write(value, at, 'latin1');
    return this;
  }

  /** Several values of one type: `write` does it for each. */
  array(type: string, write: () => void): this {
    const at = this.number(0).length - 4;
    this.pad(alignments[type[0] ?? ''] ?? 1);
    const begin = this.length;
    write();
    this.#bytes.writeUInt32LE(this.length - begin, at);
    return this;
  }

  /** Of numbers those that have 32 bits or fewer. Throws for a type that nothing here sends. */
  write(type: string, value: BusValue): this {
    switch (type[0]) {
      case 'y':
        return this.byte(Number(value));
      case 'u':
      case 'b':
        return this.number(Number(value));
      case 'i':
        return this.number(Number(value) >>> 0);
      case 's':
      case 'o':
        return this.text(String(value));
      case 'g':
        return this.signature(String(value));
      case 'v': {
        const { signature, value: inner } = value as BusVariant;
        return this.signature(signature).write(signature, inner);
      }
      case 'a': {
        const inner = type.slice(1);
        return this.array(inner, () => {
          for (const one of value as readonly BusValue[]) this.write(inner, one);
        });
      }
      case '(':
        return this.pad(8).writeAll(type.slice(1, -1), value as readonly BusValue[]);
      default:
        throw new Error(`nothing of the type '${type}' is sent`);
    }
  }

  writeAll(signature: string, values: readonly BusValue[]): this {
    for (const [index, type] of completeTypes(signature).entries()) this.write(type, values[index] ?? '');
    return this;
  }

  /** Of what was written so far; what is written later may be seen in it. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  /** Where so many bytes begin, which are zeros and taken now. */
  #take(size: number): number {
    const at = this.length;
    this.length += size;
    if (this.length > this.#bytes.length) {
      const before = this.#bytes;
      this.#bytes = Buffer.alloc(2 * this.length);
      before.copy(this.#bytes);
    }
    return at;
  }
}

/** Takes values out of bytes. Throws a RangeError where they end too early, and for what is no type. */
export class BusReader {
  readonly #bytes: Buffer;
  /** The same bytes: its methods are V8's own, and Buffer's are functions that check and call. */
  readonly #view: DataView;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
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
    const view = this.#view;
    switch (letter) {
      case 'y':
        return view.getUint8(this.#next(1));
      case 'b':
        return view.getUint32(this.#next(4), true) !== 0;
      case 'n':
        return view.getInt16(this.#next(2), true);
      case 'q':
        return view.getUint16(this.#next(2), true);
      case 'i':
        return view.getInt32(this.#next(4), true);
      case 'u':
      case 'h':
        return view.getUint32(this.#next(4), true);
      case 'x':
        return view.getBigInt64(this.#next(8), true);
      case 't':
        return view.getBigUint64(this.#next(8), true);
      case 'd':
        return view.getFloat64(this.#next(8), true);
      case 's':
      case 'o':
        return this.#text(view.getUint32(this.#next(4), true));
      case 'g':
        return this.#text(view.getUint8(this.#next(1)));
      case 'v':
        return this.read(String(this.read('g')));
      case 'a':
        return this.#array(type.slice(1));
      default:
        return this.readAll(type.slice(1, -1));
    }
  }

  #array(type: string): BusValue[] {
    const size = this.#view.getUint32(this.#next(4), true);
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
