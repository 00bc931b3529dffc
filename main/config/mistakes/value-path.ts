import { isPlainObject } from '../node/node-functions.ts';

/** Keys and indexes from the outside in. */
export type ValuePath = readonly (string | number)[];

/** `services[0].ready["a.b"]` as keys and indexes; `undefined` for what is no such path. */
export function parsePath(text: string): ValuePath | undefined {
  const part = /(?:^|\.)([\w$-]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  const path: (string | number)[] = [];
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (!match) return undefined;
    const [, key, index, quoted] = match;
    path.push(key ?? (index === undefined ? String(JSON.parse(quoted ?? '""')) : Number(index)));
  }
  return path.length === 0 ? undefined : path;
}

/** The inverse of `parsePath`. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      return /^[\w$-]+$/.test(String(key)) ? `.${String(key)}` : `[${JSON.stringify(String(key))}]`;
    })
    .join('')
    .replace(/^\./, '');

export const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );

/**
 * A copy of `value` in which `path` leads to `replacement`; objects on the way that are
 * missing are made. `undefined` when the path leads through something that is neither an
 * object nor a list, or past the end of a list.
 */
export function replaceAt(
  value: unknown,
  path: ValuePath,
  replacement: unknown,
): { readonly value: unknown } | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return { value: replacement };
  const outer = value ?? (typeof key === 'number' ? [] : {});
  const inner = replaceAt(valueAt(outer, [key]), rest, replacement);
  if (!inner) return undefined;
  if (Array.isArray(outer)) {
    return typeof key === 'number' && key <= outer.length
      ? { value: withElement(outer, key, inner.value) }
      : undefined;
  }
  return isPlainObject(outer) ? { value: { ...outer, [key]: inner.value } } : undefined;
}

const withElement = (list: readonly unknown[], index: number, element: unknown): unknown[] => [
  ...list.slice(0, index),
  element,
  ...list.slice(index + 1),
];

/** All that is no object and no list, or an empty one, by its path. */
export function leaves(value: unknown, path: ValuePath = []): [path: string, value: unknown][] {
  const parts = partsOf(value);
  if (parts.length === 0) return [[pathText(path), value]];
  return parts.flatMap(([key, part]) => leaves(part, [...path, key]));
}

function partsOf(value: unknown): [string | number, unknown][] {
  if (Array.isArray(value)) return value.map((part, index) => [index, part]);
  return isPlainObject(value) ? Object.entries(value) : [];
}
