import { ShakedownError } from '../../../common/errors.ts';

/** What may have anything in it. */
const unread = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>/g;

/**
 * Throws ShakedownError for a report that is cut off behind an element: who wrote it was ended in the middle,
 * and the parser closes by itself what is open still.
 */
export function mustBeWhole(xml: string): void {
  const text = xml.includes('<!') ? xml.replace(unread, '') : xml;
  const [, root] = /<([A-Za-z_][\w.:-]*)/.exec(text) ?? [];
  if (root === undefined) return;
  // A value may have `>` in it.
  const begins = new RegExp(`<${root}(?![\\w.:-])(?:"[^"]*"|'[^']*'|[^"'>])*>`, 'g');
  let open = 0;
  for (const [tag] of text.matchAll(begins)) if (!tag.endsWith('/>')) open += 1;
  const closed = text.match(new RegExp(`</${root}\\s*>`, 'g'))?.length ?? 0;
  if (open > closed)
    throw new ShakedownError({ message: `the report of the tests is cut off: its <${root}> has no end` });
}
