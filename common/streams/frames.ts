import { ShakedownError } from '../errors.ts';

/*
 * The frames in which several streams and the messages of the protocol share one pipe. A frame is one byte
 * for its kind, four for the stream's id (0: messages), four for the length of what follows; numbers are
 * big-endian.
 */

/** What a frame says. All but the first three concern a stream and are small. */
export const kind = {
  /** A part of a message, of the greatest length; more follows. */
  part: 1,
  /** The last part of a message. */
  message: 2,
  /** Bytes of a stream. */
  data: 3,
  /** By the writer: all was sent. */
  end: 4,
  /** By the writer: it breaks off; a sentence says why. */
  reset: 5,
  /** By the reader: so many bytes more (four bytes). */
  credit: 6,
  /** By the reader: it wants no more. The writer answers with `reset`, or its `end` is under way already. */
  stop: 7,
  /** By the side that begins streams, before all else: a new stream, which it will write. */
  write: 8,
  /** The same, for one that it will read. */
  read: 9,
} as const;

export type FrameKind = (typeof kind)[keyof typeof kind];

const headLength = 9;
/**
 * Bytes of a frame beside its head: the whole fits into one packet of ssh, and no message waits long behind
 * it.
 */
export const maxPayload = 32 * 1024 - headLength;
const maxSentence = 1024;

/** A frame as bytes. `payload` is at most `maxPayload` long. */
export function frame(what: FrameKind, id: number, payload?: Buffer): Buffer {
  const length = payload?.length ?? 0;
  const bytes = Buffer.allocUnsafe(headLength + length);
  bytes[0] = what;
  bytes.writeUInt32BE(id, 1);
  bytes.writeUInt32BE(length, 5);
  payload?.copy(bytes, headLength);
  return bytes;
}

export const creditFrame = (id: number, bytes: number): Buffer => {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(bytes);
  return frame(kind.credit, id, payload);
};

export const resetFrame = (id: number, why: string): Buffer =>
  frame(kind.reset, id, Buffer.from(why).subarray(0, maxSentence));

/** The other side does not keep to the protocol; the connection cannot go on. */
export class BrokenProtocolError extends ShakedownError {
  constructor(what: string) {
    super({ message: `the other side does not keep to the protocol: ${what}` });
    this.name = 'BrokenProtocolError';
  }
}

export interface FrameListener {
  /** Bytes of a stream, maybe a part of a frame only: a view of what was read. */
  readonly onData: (id: number, bytes: Buffer) => void;
  /** Any other frame, whole. */
  readonly onFrame: (what: Exclude<FrameKind, 3>, id: number, payload: Buffer) => void;
}

/** Takes bytes apart into frames, in bounded memory. Throws BrokenProtocolError for what no frame may be. */
export class FrameReader {
  readonly #listener: FrameListener;
  readonly #head = Buffer.alloc(headLength);
  #headFilled = 0;
  #what: FrameKind = kind.data;
  #id = 0;
  /** Bytes of the frame that are still to come. */
  #left = 0;
  #payload = Buffer.alloc(0);

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  push(bytes: Buffer): void {
    for (let rest = bytes; rest.length > 0; ) {
      rest = this.#headFilled < headLength ? this.#readHead(rest) : this.#readPayload(rest);
    }
  }

  #readHead(bytes: Buffer): Buffer {
    const taken = bytes.copy(this.#head, this.#headFilled, 0, headLength - this.#headFilled);
    this.#headFilled += taken;
    if (this.#headFilled === headLength) this.#begin();
    return bytes.subarray(taken);
  }

  #begin(): void {
    this.#what = this.#head.readUInt8(0) as FrameKind;
    this.#id = this.#head.readUInt32BE(1);
    this.#left = this.#head.readUInt32BE(5);
    check(this.#what, this.#id, this.#left);
    if (this.#what !== kind.data) this.#payload = Buffer.allocUnsafe(this.#left);
    if (this.#left === 0) this.#finish();
  }

  #readPayload(bytes: Buffer): Buffer {
    const piece = bytes.subarray(0, this.#left);
    if (this.#what === kind.data) {
      this.#left -= piece.length;
      if (this.#left === 0) this.#headFilled = 0;
      this.#listener.onData(this.#id, piece);
    } else {
      piece.copy(this.#payload, this.#payload.length - this.#left);
      this.#left -= piece.length;
      if (this.#left === 0) this.#finish();
    }
    return bytes.subarray(piece.length);
  }

  #finish(): void {
    this.#headFilled = 0;
    if (this.#what !== kind.data) this.#listener.onFrame(this.#what, this.#id, this.#payload);
  }
}

/** The lengths that each kind may have, so that many small frames cannot cost more memory than they bring. */
const lengths: Readonly<Record<FrameKind, readonly [least: number, most: number]>> = {
  [kind.part]: [maxPayload, maxPayload],
  [kind.message]: [1, maxPayload],
  [kind.data]: [1, maxPayload],
  [kind.end]: [0, 0],
  [kind.reset]: [0, maxSentence],
  [kind.credit]: [4, 4],
  [kind.stop]: [0, 0],
  [kind.write]: [0, 0],
  [kind.read]: [0, 0],
};

function check(what: FrameKind, id: number, length: number): void {
  const range = lengths[what];
  if (!range) throw new BrokenProtocolError(`a frame of an unknown kind (${what})`);
  if (length < range[0] || length > range[1]) {
    throw new BrokenProtocolError(`a frame of kind ${what} has ${length} bytes (${range.join(' to ')})`);
  }
  const isMessage = what === kind.part || what === kind.message;
  if (isMessage !== (id === 0)) throw new BrokenProtocolError(`a frame of kind ${what} for stream ${id}`);
}
