import { stripVTControlCharacters } from 'node:util';

/*
 * What a node says may be shown to a person: on a terminal, in a log, in a report. Here it loses what would
 * act there: escape sequences, control characters, marks that turn the direction of writing, and, where a
 * line is meant, the ends of lines, with which one could forge others.
 */

/**
 * C0 but for tab and newline, DEL, C1, separators of lines, marks of direction, halves of characters, tags.
 */
const acting =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/** Of most texts this tells at once that nothing in them acts. */
const beyondPlain = /[^\t\n -~]/;

/**
 * Text of any number of lines: colours are left out, other characters that act are shown as `\x07`, `\u202e`.
 */
export function printable(text: string): string {
  if (!beyondPlain.test(text) || text.search(acting) < 0) return text;
  const lines = text.replaceAll(/\r+\n?/g, '\n');
  return stripVTControlCharacters(lines).replaceAll(acting, shown);
}

/** One line of at most `most` characters: what there was more of is left out, and that is shown. */
export const printableLine = (text: string, most = 2000): string =>
  clip(printable(clip(text, 4 * most)).replaceAll(/[\n\t]+/g, ' '), most);

/**
 * The same of plain data, however deep: its strings, and the names of its
 * fields. Other values stay as they are.
 */
export function printableData<T>(value: T): T {
  if (typeof value === 'string') return printable(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(printableData) as T;
  const fields = Object.entries(value).map(([name, field]) => [printable(name), printableData(field)]);
  return Object.fromEntries(fields) as T;
}

/** At most `most` characters; `…` stands for the rest. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  // Not in the middle of a character.
  return `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}
