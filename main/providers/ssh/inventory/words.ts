/**
 * As a shell takes a line apart: quotes, backslashes, and comments from `#` on
 * (Python's shlex, which Ansible uses). `complain` is told of a quote that is not closed.
 */
export function words(line: string, complain: (message: string) => void): readonly string[] {
  const found: string[] = [];
  const token = /\s+|#.*$|((?:[^\s"'\\#]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)|(["'\\].*)/gy;
  for (const [, word, open] of line.matchAll(token)) {
    if (open !== undefined) complain(`a quote is not closed: ${open}`);
    if (word !== undefined) found.push(unquote(word));
  }
  return found;
}

const unquote = (word: string): string =>
  word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) =>
    double === undefined ? (single ?? escaped) : String(double).replace(/\\(["\\])/g, '$1'),
  );
