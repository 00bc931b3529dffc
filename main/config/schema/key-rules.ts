import type { z } from 'zod';

/** Those of these keys that the value has. */
export const oneOf = (value: object, keys: readonly string[]): string[] =>
  keys.filter((key) => Object.hasOwn(value, key));

type Issues = Pick<z.core.$RefinementCtx, 'addIssue'>;

/** Adds an issue where not exactly one of these keys is there. */
export function exactlyOne(value: object, keys: readonly string[], context: Issues): void {
  if (oneOf(value, keys).length === 1) return;
  const known = `${keys.slice(0, -1).join(', ')} and ${keys.at(-1)}`;
  context.addIssue({ code: 'custom', message: `exactly one of ${known}` });
}

/** Adds an issue for each key of `pairs` that is there without its other one. */
export function together(value: object, pairs: Readonly<Record<string, string>>, context: Issues): void {
  for (const [key, other] of Object.entries(pairs)) {
    if (Object.hasOwn(value, key) && !Object.hasOwn(value, other))
      context.addIssue({ code: 'custom', path: [key], message: `this only together with ${other}` });
  }
}
