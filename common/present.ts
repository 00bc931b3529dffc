/** Fields of `T` that may be undefined, as optional ones that are never undefined. */
export type Present<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/**
 * The fields that have a value: `{ ...present({ hint, log }) }` leaves out those that are undefined, as
 * optional fields want it. The one way in which optional values are passed on.
 */
export function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
