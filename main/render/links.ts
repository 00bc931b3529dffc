/**
 * Why a link must be refused, or `undefined` if it stays inside. The path is followed part by part,
 * through other links as well, because `a/..` is elsewhere when `a` is a link. `links` holds the
 * targets of all links of the tree by their paths; a target that does not exist in the tree may be
 * made later on the node, and is followed by name.
 */
export function linkRefusal(path: string, links: ReadonlyMap<string, string>): string | undefined {
  const target = links.get(path) ?? '';
  if (target.startsWith('/')) {
    return `the link leads outside the node files, to ${JSON.stringify(target)}; links are relative and stay inside`;
  }
  const at = path.split('/').slice(0, -1);
  const ahead = target.split('/');
  for (let followed = 0; ahead.length > 0; ) {
    const part = ahead.shift();
    if (part === undefined || part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) {
        return `the link leads outside the node files, to ${JSON.stringify(target)}`;
      }
      continue;
    }
    at.push(part);
    const further = links.get(at.join('/'));
    // An absolute one is refused for itself.
    if (further === undefined || further.startsWith('/')) continue;
    // As many as Linux follows (path_resolution(7)); a loop is the user's own and leads nowhere.
    if (++followed > 40) return undefined;
    at.pop();
    ahead.unshift(...further.split('/'));
  }
  return undefined;
}
