/** How deep lists are taken apart: those of a record stand right below it. */
const deepest = 1;

const indent = '  ';

/**
 * What `JSON.stringify(value, undefined, 2)` gives, and the end of a line, in pieces: the entries of its
 * lists one by one, so that of a long list not all of the text is in memory. `value` is plain data.
 */
export function* jsonPieces(value: unknown): Generator<string, void, undefined> {
  yield* pieces(value, 0);
  yield '\n';
}

function* pieces(value: unknown, depth: number): Generator<string, void, undefined> {
  const pad = `\n${indent.repeat(depth)}`;
  if (depth > deepest || typeof value !== 'object' || value === null) {
    yield JSON.stringify(value ?? null, undefined, indent).replaceAll('\n', pad);
    return;
  }
  const isList = Array.isArray(value);
  const [begin, end] = isList ? '[]' : '{}';
  let between = begin;
  for (const [key, each] of isList ? value.entries() : Object.entries(value)) {
    if (each === undefined && !isList) continue;
    yield `${between}${pad}${indent}${isList ? '' : `${JSON.stringify(key)}: `}`;
    yield* pieces(each, depth + 1);
    between = ',';
  }
  yield between === begin ? `${begin}${end}` : `${pad}${end}`;
}
