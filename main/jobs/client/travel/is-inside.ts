import { isAbsolute, relative } from 'node:path';

/** Whether a path is a folder itself, or below it; both absolute. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}
