import { matchesGlob } from 'node:path';

/** Names, `*` and `?` within them, and `**` for folders: what most patterns are made of. */
const plainName = /^[\w@ +=,%-][\w@ +=,.%*?-]*$|^[*?][\w@ +=,.%*?-]*$/;

/**
 * A function that tells whether a path matches a glob, as `matchesGlob` of node:path does, which reads the
 * pattern anew for each path: a project may have very many.
 */
export function globMatcher(pattern: string): (path: string) => boolean {
  const names = pattern.split('/');
  const plain = names.every((name, index) =>
    name.includes('**') ? name === '**' && index < names.length - 1 : plainName.test(name),
  );
  if (!plain) return (path) => matchesGlob(path, pattern);
  const all = names.map((name, index) => {
    if (name === '**') return '(?:[^/.][^/]*/)*';
    return `${inName(name)}${index < names.length - 1 ? '/' : ''}`;
  });
  const whole = new RegExp(`^${all.join('')}$`, 's');
  return (path) => whole.test(path);
}

/** What begins with a dot is hidden: only a dot in the pattern finds it. */
function inName(name: string): string {
  const inside = name.replace(/[.+]/g, '\\$&').replaceAll('?', '[^/]').replaceAll('*', '[^/]*');
  return /^[*?]/.test(name) ? `(?=[^/.])${inside}` : inside;
}
