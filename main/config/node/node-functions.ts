import type { NodeFacts } from '../scenario.ts';

/**
 * A config's value with every function in it applied to the node, at any depth, and what is `undefined` left
 * out. Only plain objects and lists are looked into. Throws what a function throws.
 */
export function applyToNode(value: unknown, node: NodeFacts, nodes: readonly NodeFacts[]): unknown {
  if (typeof value === 'function') return applyToNode(value(node, { nodes }), node, nodes);
  return mapParts(value, (part) => applyToNode(part, node, nodes));
}

/** A copy without the properties that are `undefined`, so that a condition can leave one out. */
export function withoutUndefined(value: unknown): unknown {
  return mapParts(value, withoutUndefined);
}

function mapParts(value: unknown, change: (part: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (!isPlainObject(value)) return value;
  const parts = Object.entries(value).map(([key, part]) => [key, change(part)] as const);
  return Object.fromEntries(parts.filter(([, part]) => part !== undefined));
}

/** Made by `{}`, in whatever realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
