/** ms for which a look at the files is shared: nodes are sent them together, soon after they were listed. */
const sharedFor = 2000;

/**
 * Something looked at that others look at, too. Who knows that what was seen before a moment (ms, as of
 * `performance.now()`) is no longer so gets what was seen after it.
 */
export type Look<Seen> = (notBefore?: number) => Promise<Seen>;

/** Looks by `look`; who asks soon after somebody else gets what that one saw. */
export function sharedLook<Seen>(look: Look<Seen>): Look<Seen> {
  let last: { readonly at: number; readonly seen: Promise<Seen> } | undefined;
  return (notBefore = Number.NEGATIVE_INFINITY) => {
    const now = performance.now();
    if (!last || last.at < notBefore || now - last.at >= sharedFor) {
      last = { at: now, seen: look(notBefore) };
    }
    return last.seen;
  };
}
