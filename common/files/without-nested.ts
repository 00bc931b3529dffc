/** Paths without those that lie below another one of them, each once. */
export const withoutNested = (paths: readonly string[]): string[] => [
  ...new Set(
    paths.filter(
      (path) => !paths.some((other) => other !== path && path.startsWith(other === '/' ? '/' : `${other}/`)),
    ),
  ),
];
