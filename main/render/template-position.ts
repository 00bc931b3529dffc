import type { TemplateMistake } from './template-mistake.ts';
import type { Tag } from './template-tags.ts';

/** A mistake without the file and node, which the caller knows. */
export type Mistake = Omit<TemplateMistake, 'file' | 'node'>;

/** A template and the JavaScript made of it, in which a marker line stands before the code of each tag. */
export interface Code {
  readonly source: string;
  readonly tags: readonly Tag[];
  /** The generated function's body. */
  readonly code: string;
}

/** Stands in stack traces for the template, so that positions can be told from those of other code. */
export const codeName = 'shakedown-template';

/** The line that stands before the code of the tag with this index. */
export const tagMarker = (index: number): string => `//@${index}`;
const markerPattern = /^\/\/@(\d+)$/;

/** Where V8 says that a syntax error is, in the code that it was given; both from 1. */
export function reported(error: unknown): { line: number; column: number } | undefined {
  const [head = '', , caret = ''] = (error instanceof Error ? (error.stack ?? '') : '').split('\n');
  const line = new RegExp(`^${codeName}:(\\d+)$`).exec(head)?.[1];
  return line === undefined ? undefined : { line: Number(line), column: Math.max(caret.indexOf('^'), 0) + 1 };
}

/**
 * Where in the template an error was thrown, if it was thrown there or in something that the template called.
 */
export function thrownAt(code: Code, error: unknown): Omit<Mistake, 'message'> | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const [, line, column] = new RegExp(`${codeName}:(\\d+):(\\d+)`).exec(stack) ?? [];
  return line && column ? sourcePosition(code, { line: Number(line), column: Number(column) }) : undefined;
}

/** A position in the generated code as one in the template, with the tag that it is in. */
export function sourcePosition(
  { source, tags, code }: Code,
  generated: { line: number; column: number },
): Omit<Mistake, 'message'> | undefined {
  const before = code.split('\n').slice(0, generated.line - 1);
  const marker = before.findLastIndex((line) => markerPattern.test(line));
  const tag = tags[Number(markerPattern.exec(before[marker] ?? '')?.[1])];
  const line = generated.line - 2 - marker;
  if (!tag || line >= tag.code.split('\n').length) return undefined;
  const offset = tag.codeStart + offsetIn(tag.code, line, generated.column);
  const expression = tag.kind === 'insert' ? `<{${tag.code}}>` : `<{%${tag.code}%}>`;
  return { ...position(source, offset), expression };
}

/** `line` counts from 0, `column` from 1. */
export const offsetIn = (text: string, line: number, column: number): number =>
  text
    .split('\n')
    .slice(0, line)
    .reduce((sum, each) => sum + each.length + 1, 0) +
  column -
  1;

/** An offset as line and column, both from 1. */
export function position(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
