/** ms for which a look at the files is shared: nodes are sent them together, soon after they were listed. */
const sharedFor = 2000;

/** Looks by `look`; who asks soon after somebody else gets what that one saw. */
export function sharedLook<Seen>(look: () => Promise<Seen>): () => Promise<Seen> {
  let last: { readonly at: number; readonly seen: Promise<Seen> } | undefined;
  return () => {
    if (!last || performance.now() - last.at >= sharedFor) last = { at: performance.now(), seen: look() };
    return last.seen;
  };
}
