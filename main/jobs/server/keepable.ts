import { Problem } from './problem.ts';

/** How deep data may be nested: far beyond what anybody writes, and far below what ends a recursion. */
const deepest = 200;

/**
 * Data as a database of PostgreSQL's kind can keep it, which has no NUL and no half of a surrogate pair in
 * its texts (the manual's "JSON Types"): U+FFFD stands for them. What is no plain data is given back as it
 * is. Throws Problem for data that are nested too deep.
 */
export function keepable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd');
  if (depth > deepest) throw new Problem(400, `the data are nested more than ${deepest} deep`);
  if (Array.isArray(value)) return value.map((each) => keepable(each, depth + 1));
  if (!isPlain(value)) return value;
  const fields = Object.entries(value).map(([name, field]) => [keepable(name), keepable(field, depth + 1)]);
  return Object.fromEntries(fields);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
