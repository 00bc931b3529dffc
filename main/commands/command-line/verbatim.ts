/** Stands before words that cac would not leave as they are. */
const mark = '\0';

/**
 * A command line of which cac gives back all words as they were written, once `unmarked`. By itself it would
 * leave out a lone `-`, and make numbers of what looks like one: 7 of `007`, and 0 of an empty value, as in
 * `--nodes "$UNSET"`. What follows `--` it leaves alone.
 */
export function marked(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length;
  return argv.map((arg, index) => (index < end ? markedWord(arg) : arg));
}

function markedWord(word: string): string {
  const [, flag, value] = /^(--?[a-z][\w-]*=)(.*)$/is.exec(word) ?? [];
  if (flag !== undefined && value !== undefined) return looksLikeNumber(value) ? flag + mark + value : word;
  return word === '-' || (!word.startsWith('-') && looksLikeNumber(word)) ? mark + word : word;
}

const looksLikeNumber = (text: string): boolean => Number.isFinite(Number(text));

/** A word, or a flag's value or values, as they were written. */
export function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  return typeof value === 'string' && value.startsWith(mark) ? value.slice(mark.length) : value;
}

/** What cac says of a command line, without the marks in it. */
export const plain = (text: string): string => text.replaceAll(mark, '');
