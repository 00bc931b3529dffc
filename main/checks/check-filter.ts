import { UsageError } from '../../common/errors.ts';
import { present } from '../../common/present.ts';

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

/** No check has these words in its name; `names` are those of all that there are. */
export function noCheckNamed(filter: string, names: readonly string[]): UsageError {
  const shown = names.slice(0, 10).map((name) => `'${name}'`);
  const more = names.length > shown.length ? `, and ${names.length - shown.length} more` : '';
  const hint = names.length === 0 ? undefined : `words of one of these: ${shown.join(', ')}${more}`;
  return new UsageError(`No check has '${filter}' in its name.`, present({ hint }));
}
