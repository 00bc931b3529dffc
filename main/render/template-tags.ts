import { Eta, EtaParseError } from 'eta/core';

/** One tag of a template. Offsets count UTF-16 units from the template's start. */
export interface Tag {
  /** `<{ expression }>` inserts, `<{% statement %}>` runs. */
  readonly kind: 'insert' | 'statement';
  readonly code: string;
  readonly codeStart: number;
  /** Where `<{` begins and where `}>` has ended. */
  readonly start: number;
  readonly end: number;
}

/** A tag that cannot be read. */
export class TagError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Eta with our tags. `%` marks statements; a tag without a mark inserts, as
 * grape-tester's do. Nothing is escaped.
 */
export const etaConfig = {
  tags: ['<{', '}>'] as [string, string],
  parse: { exec: '%', interpolate: '', raw: '' },
  autoEscape: false,
  autoFilter: false,
  autoTrim: false as const,
  useWith: true,
};

const parser = new Eta(etaConfig);

/** A template's tags, in order. Throws TagError where a tag, a string or a comment in it is not closed. */
export function findTags(source: string): Tag[] {
  const tags: Tag[] = [];
  for (const part of parse(source)) {
    if (typeof part !== 'string') tags.push(locate(source, tags.at(-1)?.end ?? 0, part.val));
  }
  return tags;
}

function parse(source: string): ReturnType<Eta['parse']> {
  try {
    return parser.parse(source);
  } catch (error) {
    if (!(error instanceof EtaParseError)) throw error;
    const [, what = 'unreadable tag', line = '1', column = '1'] =
      /^(.*) at line (\d+) col (\d+):/.exec(error.message) ?? [];
    throw new TagError(what, lineStart(source, Number(line)) + Number(column) - 1);
  }
}

const lineStart = (source: string, line: number): number =>
  source
    .split('\n')
    .slice(0, line - 1)
    .reduce((sum, text) => sum + text.length + 1, 0);

/**
 * Finds the tag whose code Eta gave as `value`. Eta takes a `-` or `_` that touches a
 * delimiter for a trimming mark, which we do not have: here it stays part of the code, so that
 * `<{-1}>` and `<{_name}>` mean what they say.
 */
function locate(source: string, from: number, value: string): Tag {
  const start = source.indexOf('<{', from);
  const opening = /<\{[-_]?\s*%?\s*/y;
  opening.lastIndex = start;
  opening.exec(source);
  const close = source.indexOf('}>', opening.lastIndex + value.length);
  const end = close + 2;
  const inside = source.slice(start + 2, close);
  const mark = /^\s*%/.exec(inside)?.[0];
  if (mark === undefined) return { kind: 'insert', code: inside, codeStart: start + 2, start, end };
  const code = inside.slice(mark.length).replace(/%\s*$/, '');
  if (code.length === inside.length - mark.length) {
    throw new TagError("a statement that begins with '<{%' ends with '%}>'", start);
  }
  return { kind: 'statement', code, codeStart: start + 2 + mark.length, start, end };
}
