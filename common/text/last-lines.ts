/** The last lines of a text that say something, at most `count`; none of an empty one. */
export const lastLines = (text: string, count: number): readonly string[] =>
  text
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== '')
    .slice(-count);
