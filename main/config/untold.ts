/** Found again across two copies of this package: a scenario may have one of its own. */
const key = Symbol.for('shakedown.untold');

/**
 * Marks which keys of a value that a factory made were not in what the user gave it, for `shakedown config`.
 * The mark is not enumerable: to all others the value is plain data.
 */
export function marked<Value extends object>(value: Value, given: object): Value {
  const untold = Object.keys(value).filter(
    (name) => name !== 'kind' && Reflect.get(given, name) === undefined,
  );
  return Object.defineProperty(value, key, { value: untold });
}

/** The keys that are a factory's own choice; none for what is no value of a factory. */
export function untoldKeys(value: unknown): readonly string[] {
  const untold: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return Array.isArray(untold) ? untold : [];
}
