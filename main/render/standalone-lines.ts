import type { Tag } from './template-tags.ts';

/**
 * A template's text and tags in order. Lines that hold nothing but statements are left out with their
 * indentation and line end, so that loops and conditions can be written on lines of their own. (Mustache
 * calls such lines standalone.) A tag that inserts never changes the text around it.
 */
export function textAndTags(source: string, tags: readonly Tag[]): (string | Tag)[] {
  const pieces: (string | Tag)[] = [];
  let position = 0;
  for (let first = 0; first < tags.length; ) {
    const group = statementsFrom(source, tags, first);
    const whole = { from: group[0]?.start ?? position, to: group.at(-1)?.end ?? position };
    const line = group[0]?.kind === 'statement' ? standaloneLine(source, whole) : undefined;
    const { from, to } = line ?? whole;
    pieces.push(source.slice(position, from));
    for (const [index, tag] of group.entries()) {
      if (index > 0 && !line) pieces.push(source.slice(group[index - 1]?.end, tag.start));
      pieces.push(tag);
    }
    position = to;
    first += group.length;
  }
  pieces.push(source.slice(position));
  return pieces.filter((piece) => piece !== '');
}

/** The tag at `first`, and if it is a statement those that follow it with only blanks between. */
function statementsFrom(source: string, tags: readonly Tag[], first: number): Tag[] {
  const group: Tag[] = [];
  for (const tag of tags.slice(first)) {
    const last = group.at(-1);
    const joins = last?.kind === 'statement' && tag.kind === 'statement';
    if (last && !(joins && /^[ \t]*$/.test(source.slice(last.end, tag.start)))) break;
    group.push(tag);
  }
  return group;
}

/** The bounds of the whole lines of a range, if nothing but blanks surrounds it there. */
function standaloneLine(
  source: string,
  range: { from: number; to: number },
): { from: number; to: number } | undefined {
  const from = source.lastIndexOf('\n', range.from - 1) + 1;
  const rest = /[ \t]*(?:\r?\n|$)/y;
  rest.lastIndex = range.to;
  const after = rest.exec(source)?.[0];
  if (after === undefined || /[^ \t]/.test(source.slice(from, range.from))) return undefined;
  return { from, to: range.to + after.length };
}
