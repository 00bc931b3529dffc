import { endOfTree, type PackedEntry } from './tree-entry.ts';

/** Bytes that are handed on together: a small file alone would cost as much as these. */
const batchSize = 64 * 1024;

/** Entries as one stream: each a line of JSON, and the bytes of a file behind its line. */
export async function* packTree(
  entries: Iterable<PackedEntry> | AsyncIterable<PackedEntry>,
): AsyncGenerator<Buffer, void, undefined> {
  let batch: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces(entries)) {
    batch.push(piece);
    length += piece.length;
    if (length < batchSize) continue;
    yield batch.length === 1 ? piece : Buffer.concat(batch);
    [batch, length] = [[], 0];
  }
  yield Buffer.concat([...batch, Buffer.from(`${JSON.stringify(endOfTree)}\n`)]);
}

async function* pieces(entries: Iterable<PackedEntry> | AsyncIterable<PackedEntry>): AsyncGenerator<Buffer> {
  for await (const { header, content = [] } of entries) {
    yield Buffer.from(`${JSON.stringify(header)}\n`);
    if (header.kind !== 'file') continue;
    let left = header.size;
    for await (const chunk of content) {
      const taken = chunk.subarray(0, left);
      left -= taken.length;
      if (taken.length > 0) yield taken;
      if (left === 0) break;
    }
    // It has become shorter while it was read; what comes behind it must stand in its place.
    for (; left > 0; left -= Math.min(left, zeros.length)) yield zeros.subarray(0, left);
  }
}

const zeros = Buffer.alloc(batchSize);
