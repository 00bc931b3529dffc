import { stripVTControlCharacters } from 'node:util';

/**
 * Puts `words` into lines of at most `width` columns, `gap` between them; a longer word has a
 * line of its own. Colours take no room.
 */
export function fold(words: readonly string[], width: number, gap = ' '): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)}${gap}${word}`;
    if (lines.length > 0 && stripVTControlCharacters(longer).length <= width) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return lines;
}
