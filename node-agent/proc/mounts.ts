import { readFileSync } from 'node:fs';

/**
 * Where file systems are mounted, in the order of mounting; see proc(5) for the octal escapes. Empty without
 * /proc.
 */
export function mountPoints(): string[] {
  try {
    return parseMounts(readFileSync('/proc/self/mounts', 'utf8'));
  } catch {
    return [];
  }
}

const parseMounts = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter(Boolean)
    .map(unescaped);

/** A path as it is, of one with the escapes of proc(5): `\040` is a space. */
export const unescaped = (path: string): string =>
  path.replaceAll(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The mount point that holds an absolute path. */
export const mountPointOf = (path: string, points: readonly string[] = mountPoints()): string =>
  points
    .filter((point) => point === '/' || path === point || path.startsWith(`${point}/`))
    .reduce((best, point) => (point.length > best.length ? point : best), '/');
