import { BusReader, type BusValue, BusWriter } from './marshal.ts';

/** Kinds of messages, by their numbers. */
export const kinds = { call: 1, answer: 2, error: 3, signal: 4 } as const;

/** Fields of a header, by their numbers. */
const fields = { path: 1, interface: 2, member: 3, error: 4, answers: 5, signature: 8 } as const;

/** What is asked of an object. */
export interface BusCall {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  /** Of the arguments. */
  readonly signature?: string;
  readonly args?: readonly BusValue[];
}

/** What came. */
export interface BusMessage {
  readonly kind: number;
  readonly member: string;
  /** The serial number of the call that it answers. */
  readonly answers: number;
  /** Of an error. */
  readonly error: string;
  /**
   * Read when it is asked for: of most signals nobody wants to know it. Throws RangeError for what is none.
   */
  readonly body: () => readonly BusValue[];
}

/** Bytes of one message. What systemd says of all its units is less than a tenth of it. */
const largest = 16 * 1024 ** 2;

export function encodeCall(call: BusCall, serial: number): Buffer {
  const { path, signature = '', args = [] } = call;
  const body = new BusWriter().writeAll(signature, args).bytes();
  const head = new BusWriter();
  for (const byte of ['l'.charCodeAt(0), kinds.call, 0, 1]) head.byte(byte);
  head.number(body.length).number(serial);
  head.array('(yv)', () => {
    head.pad(8).byte(fields.path).signature('o').text(path);
    head.pad(8).byte(fields.interface).signature('s').text(call.interface);
    head.pad(8).byte(fields.member).signature('s').text(call.member);
    if (signature !== '') head.pad(8).byte(fields.signature).signature('g').signature(signature);
  });
  return Buffer.concat([head.pad(8).bytes(), body]);
}

/**
 * The first message of some bytes and how many of them it takes; undefined where it is not all there. Throws
 * for what is none.
 */
export function decodeMessage(bytes: Buffer): { message: BusMessage; size: number } | undefined {
  if (bytes.length < 16) return undefined;
  // systemd speaks as its machine does, and Node's own builds for Linux are for
  // those with the little end first.
  if (bytes[0] !== 'l'.charCodeAt(0) || bytes[3] !== 1) throw new Error('that is no message of D-Bus');
  const headerEnd = 16 + bytes.readUInt32LE(12);
  const begin = headerEnd + ((8 - (headerEnd % 8)) % 8);
  const size = begin + bytes.readUInt32LE(4);
  if (size > largest) throw new Error(`a message of ${size} bytes`);
  if (bytes.length < size) return undefined;
  const header = readHeader(bytes.subarray(0, headerEnd));
  const text = (field: number) => String(header.get(field) ?? '');
  const body = bytes.subarray(begin, size);
  const message = {
    kind: bytes[1] ?? 0,
    member: text(fields.member),
    answers: Number(header.get(fields.answers) ?? 0),
    error: text(fields.error),
    body: () => new BusReader(body).readAll(text(fields.signature)),
  };
  return { message, size };
}

/** The fields of a header, by their numbers. */
function readHeader(bytes: Buffer): Map<number, BusValue> {
  const reader = new BusReader(bytes, 16);
  const header = new Map<number, BusValue>();
  while (reader.at < bytes.length) {
    reader.pad(8);
    header.set(Number(reader.read('y')), reader.read('v'));
  }
  return header;
}
