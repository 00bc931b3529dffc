import { compileFunction } from 'node:vm';
import { Eta } from 'eta/core';
import { closest } from '../../common/text/closest.ts';
import { insertable } from './insertable.ts';
import { textAndTags } from './standalone-lines.ts';
import {
  type Code,
  codeName,
  type Mistake,
  offsetIn,
  position,
  reported,
  sourcePosition,
  tagMarker,
  thrownAt,
} from './template-position.ts';
import { etaConfig, findTags, type Tag, TagError } from './template-tags.ts';
import type { RenderScope } from './tree.ts';

/** What a template came to: its text, or every mistake that was found. */
export type TemplateResult =
  | { readonly text: string; readonly mistakes?: never }
  | { readonly mistakes: readonly Mistake[] };

/**
 * A compiled template. Rendering never throws; templates run with our rights and may do whatever Node can.
 */
export type Template = (scope: RenderScope) => TemplateResult;

type Insert = (tag: number, evaluate: () => unknown) => string;
type Compiled = (this: Eta, scope: RenderScope, options: object, insert: Insert) => unknown;

const insertName = '__shakedown_insert';

/** Compiles a template. A mistake in its syntax is one for every node, and is told when it is rendered. */
export function compileTemplate(source: string): Template {
  let tags: readonly Tag[];
  try {
    tags = findTags(source);
  } catch (error) {
    if (!(error instanceof TagError)) throw error;
    const mistake = { ...position(source, error.offset), message: error.message };
    return () => ({ mistakes: [mistake] });
  }
  const wrong = syntaxMistakes(source, tags);
  if (wrong.length > 0) return () => ({ mistakes: wrong });
  const eta = new Eta({ ...etaConfig, plugins: [{ processAST: () => syntaxTree(source, tags) }] });
  const code = eta.compileToString(source);
  try {
    const compiled: Compiled = compile(code);
    return (scope) => run(compiled, eta, { source, tags, code }, scope);
  } catch (error) {
    const mistake = statementMistake(error, { source, tags, code });
    return () => ({ mistakes: [mistake] });
  }
}

const compile = (code: string): Compiled =>
  // The parameters are named as Eta's own compile names them.
  compileFunction(code, ['it', 'options', insertName], { filename: codeName }) as Compiled;

/** Eta's syntax tree, made from the source itself, as Eta's own one has lost line ends and positions. */
function syntaxTree(source: string, tags: readonly Tag[]) {
  return textAndTags(source, tags).map((piece) => {
    if (typeof piece === 'string') return quoted(piece);
    const index = tags.indexOf(piece);
    const code = `\n${tagMarker(index)}\n${piece.code}\n`;
    return piece.kind === 'statement'
      ? { t: 'e', val: code }
      : { t: 'r', val: `${insertName}(${index}, () => (${code}))` };
  });
}

/** Text as it stands between single quotes in JavaScript. */
const quoted = (text: string): string =>
  JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'");

/**
 * Each inserted expression by itself: several mistakes are found, and one does not hide in its surroundings.
 */
function syntaxMistakes(source: string, tags: readonly Tag[]): Mistake[] {
  return tags.flatMap((tag) => {
    if (tag.kind === 'statement') return [];
    const at = { ...position(source, tag.start), expression: `<{${tag.code}}>` };
    if (tag.code.trim() === '') return [{ ...at, message: 'an expression is missing' }];
    try {
      compileFunction(`return (\n${tag.code}\n)`, [], { filename: codeName });
      return [];
    } catch (error) {
      const { line, column } = reported(error) ?? { line: 2, column: 1 };
      const lines = tag.code.split('\n');
      const inCode =
        line - 2 < lines.length ? offsetIn(tag.code, line - 2, column) : tag.code.trimEnd().length;
      return [{ ...at, ...position(source, tag.codeStart + inCode), message: syntaxMessage(error) }];
    }
  });
}

function statementMistake(error: unknown, code: Code): Mistake {
  const open = unclosed(code.tags);
  const at = reported(error);
  const found = at && sourcePosition(code, at);
  if (found) return { ...found, message: syntaxMessage(error) };
  const tag = open ?? code.tags.findLast((each) => each.kind === 'statement');
  const message = open ? 'a block is opened here and never closed' : syntaxMessage(error);
  return tag
    ? { ...position(code.source, tag.start), expression: `<{%${tag.code}%}>`, message }
    : { message };
}

/** The statement whose opening brace has no closing one, as far as counting tells. */
function unclosed(tags: readonly Tag[]): Tag | undefined {
  const open: Tag[] = [];
  for (const tag of tags) {
    if (tag.kind === 'insert') continue;
    for (const brace of tag.code.match(/[{}]/g) ?? []) brace === '{' ? open.push(tag) : open.pop();
  }
  return open.at(-1);
}

function run(compiled: Compiled, eta: Eta, code: Code, scope: RenderScope): TemplateResult {
  const mistakes: Mistake[] = [];
  const explain = (error: unknown, tag?: Tag): Mistake => ({
    ...(tag ? { ...position(code.source, tag.start), expression: `<{${tag.code}}>` } : {}),
    ...thrownAt(code, error),
    message: thrownMessage(error, scope),
  });
  const insert: Insert = (index, evaluate) => {
    const tag = code.tags[index];
    try {
      return insertable(evaluate(), tag?.code.trim() ?? '');
    } catch (error) {
      mistakes.push(explain(error, tag));
      return '';
    }
  };
  try {
    const text = compiled.call(eta, scope, {}, insert);
    if (typeof text !== 'string') mistakes.push({ message: "a statement leaves the template with 'return'" });
    else if (mistakes.length === 0) return { text };
  } catch (error) {
    mistakes.push(explain(error));
  }
  return { mistakes };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const syntaxMessage = (error: unknown): string => `syntax error: ${messageOf(error)}`;

function thrownMessage(error: unknown, scope: RenderScope): string {
  const name = error instanceof ReferenceError && /^(\S+) is not defined$/.exec(error.message)?.[1];
  if (!name) return messageOf(error);
  const near = closest(name, Object.keys(scope));
  const known = near ? `did you mean ${near}?` : `known are ${Object.keys(scope).join(', ')}`;
  return `${error.message}; ${known}`;
}
