/** Well-formed sequences of UTF-8 of more than one byte, and any other byte that is no ASCII; as latin1. */
const sequences = /([\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})|[\x80-\xff]/g;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Bytes that should be UTF-8 as text; those that are not are shown as `\xff`,
 * so that nothing of them is lost.
 */
export function readableBytes(bytes: Buffer): string {
  const decoded = decode(bytes);
  if (decoded !== undefined) return decoded;
  return bytes
    .toString('latin1')
    .replaceAll(sequences, (found) => decode(Buffer.from(found, 'latin1')) ?? shown(found));
}

function decode(bytes: Buffer): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

const shown = (bytes: string): string =>
  [...bytes].map((byte) => `\\x${byte.charCodeAt(0).toString(16)}`).join('');
