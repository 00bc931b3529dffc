/**
 * A value as text. Throws for what can only be a mistake in a file: nothing,
 * a function, an object without text.
 */
export function insertable(value: unknown, expression: string): string {
  if (value === undefined || value === null) throw new Error(`${expression} is ${value}${meant(expression)}`);
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new Error(`${expression} is a ${typeof value}`);
  if (typeof value === 'number' && Number.isNaN(value))
    throw new Error(`${expression} is not a number (NaN)`);
  const text = String(value);
  if (typeof value !== 'object' || !/\[object \w+\]/.test(text)) return text;
  throw new Error(`${expression} is an object; insert one of its properties, or JSON.stringify(…)`);
}

/** `node` is a word that one takes for more than it is. */
const meant = (expression: string): string =>
  /^node\.\w+$/.test(expression)
    ? '; node is the address itself, and nodes[node_id] has id, address, name and role'
    : '';
