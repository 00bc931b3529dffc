import type { z } from 'zod';
import { closest } from '../../../common/text/closest.ts';
import { found } from './mistake.ts';
import { pathText, valueAt } from './value-path.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** An issue of zod's in our words. */
export interface Described {
  readonly path: string;
  readonly message: string;
}

/**
 * How a schema's own messages are written: as what is expected, or as whole sentences (providers' schemas).
 */
type Style = 'expectations' | 'sentences';

interface Context {
  readonly input: unknown;
  readonly style: Style;
  /** The keys at the top, for schemas whose messages do not tell them. */
  readonly keys: readonly string[];
}

/**
 * zod's issues as `path` and `found …, expected …`. `input` is what was
 * validated, by a schema with these `keys`.
 */
export function describeIssues(
  issues: readonly Issue[],
  input: unknown,
  style: Style = 'expectations',
  keys: readonly string[] = [],
): Described[] {
  return issues.flatMap((issue) => describeIssue(issue, { input, style, keys }, []));
}

function describeIssue(issue: Issue, context: Context, before: Path): Described[] {
  const path = [...before, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const top = path.length === 0 ? context.keys : [];
    const known = issue.message.startsWith('Unrecognized') ? top : issue.message.split(', ');
    return issue.keys.map((key) => unknownKey([...path, key], key, known));
  }
  if (issue.code === 'invalid_union') {
    const nearest = nearestBranch(issue.errors);
    if (nearest) return nearest.flatMap((each) => describeIssue(each, context, path));
  }
  if (issue.code === 'invalid_key') {
    const expected = issue.issues.map((each) => each.message).join(', ');
    return [{ path: pathText(path), message: `expected ${expected} as key` }];
  }
  if (issue.code === 'custom' && context.style === 'sentences' && !issue.message.startsWith('expected ')) {
    return [{ path: pathText(path), message: issue.message }];
  }
  const value = valueAt(context.input, path);
  return [{ path: pathText(path), message: `found ${found(value)}, expected ${expectation(issue)}` }];
}

const unknownKey = (path: Path, key: string, known: readonly string[]): Described => {
  const near = closest(key, known);
  const list = known.length === 0 ? '' : `; known are: ${known.join(', ')}`;
  return { path: pathText(path), message: `unknown key${near ? `; did you mean '${near}'?` : list}` };
};

/** The branch of a union that was meant: the one of which more than the outermost shape fits. */
const nearestBranch = (branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined =>
  branches.find((issues) =>
    issues.every((each) => each.path.length > 0 || each.code === 'unrecognized_keys'),
  );

/** Our schemas' messages say what is expected; zod's own ones are put alike. */
function expectation(issue: Issue): string {
  if (issue.code === 'invalid_value') return issue.values.map((value) => `'${String(value)}'`).join(' or ');
  if (/^Too (big|small): /.test(issue.message)) return bound(issue) ?? issue.message;
  const text = issue.message.replace(/^(.*: )?expected /, '').replace(/, received .*$/, '');
  return text === 'int' ? 'a whole number' : text;
}

/** `at most 200`, `more than 0`: what zod says of a number or a list that is too big or too small. */
function bound(issue: Issue): string | undefined {
  if (issue.code !== 'too_big' && issue.code !== 'too_small') return undefined;
  const [limit, words] =
    issue.code === 'too_big'
      ? [issue.maximum, ['at most', 'less than']]
      : [issue.minimum, ['at least', 'more than']];
  const what = { array: ' entries', string: ' characters' }[issue.origin as string] ?? '';
  return `${words[issue.inclusive === false ? 1 : 0]} ${limit}${what}`;
}

/**
 * Keys at the top that are no fields but nearly are. Others are variables of the user's own: they
 * cannot be told from a slip in any other way.
 */
export function nearlyFields(config: object, fields: readonly string[]): Described[] {
  return Object.keys(config).flatMap((key) => {
    if (fields.includes(key)) return [];
    const near = closest(key, fields, key.length < 7 ? 1 : 2);
    if (near === undefined) return [];
    return [
      {
        path: pathText([key]),
        message: `unknown key; did you mean '${near}'? (If it is a variable for templates, give it another name.)`,
      },
    ];
  });
}
