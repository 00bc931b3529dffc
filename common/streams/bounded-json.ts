import { BrokenProtocolError } from './frames.ts';

/** Bytes below which a message cannot cost much memory, whatever is in it. */
const small = 256 * 1024;
/** Values in one message, and how deep they may lie in one another. */
const maxValues = 500_000;
const maxDepth = 64;

/**
 * The JSON in a message. Throws BrokenProtocolError when it is none, or when its values would take many times
 * the memory that its bytes take: five million empty objects are 15 MB of text and 700 MB of memory.
 */
export function parseBounded(bytes: Buffer): unknown {
  if (bytes.length >= small) mustBeModest(bytes);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new BrokenProtocolError('a message is no JSON');
  }
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const opening: readonly number[] = [0x5b, 0x7b];
const closing: readonly number[] = [0x5d, 0x7d];

function mustBeModest(bytes: Buffer): void {
  let values = 1;
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === quote) at = endOfString(bytes, at);
    else if (byte === comma) values += 1;
    else if (opening.includes(byte)) {
      values += 1;
      depth += 1;
    } else if (closing.includes(byte)) depth -= 1;
    if (depth > maxDepth) throw new BrokenProtocolError(`a message is more than ${maxDepth} levels deep`);
    if (values > maxValues) throw new BrokenProtocolError(`a message has more than ${maxValues} values`);
  }
}

/** Where the string that begins at `start` ends; the last byte when it does not. */
function endOfString(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(quote, start + 1); end >= 0; end = bytes.indexOf(quote, end + 1)) {
    let before = end;
    while (bytes[before - 1] === backslash) before -= 1;
    if ((end - before) % 2 === 0) return end;
  }
  return bytes.length - 1;
}
