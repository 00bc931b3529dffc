/** Tells whether a check is wanted: its full name (`suite > test`) holds `filter`, whatever the case. */
export function isWanted(name: string, filter: string | undefined): boolean {
  return filter === undefined || name.toLowerCase().includes(filter.toLowerCase());
}

/** The same test as a regular expression, which is what Vitest takes. */
export function filterPattern(filter: string): RegExp {
  return new RegExp(literalPattern(filter), 'i');
}

/** The source of a regular expression that matches exactly this text. */
export function literalPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
