import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { SerializedError, TestError } from 'vitest';
import type { Trouble } from './check-protocol.ts';
import { plainMessage } from './plain-message.ts';

/**
 * What Vitest knows of an error, as a person reads it: the message; the diff
 * and the place in the source as detail.
 */
export function troubleOf(error: SerializedError | TestError, directory: string): Trouble {
  const said = plainMessage(String(error.message ?? error), error.name);
  const parse = parseError(said);
  if (parse) return parse;
  const diff = typeof error.diff === 'string' ? stripVTControlCharacters(error.diff).trim() : '';
  const cause = error.cause ? `caused by: ${plainMessage(error.cause.message, error.cause.name)}` : '';
  const detail = [diff, cause, placeOf(error, directory)].filter(Boolean).join('\n\n');
  return { message: said, ...(detail ? { detail } : {}) };
}

/**
 * What the compiler says of a file, with the place first: `config/checks/a.check.ts:3:13: Unexpected token`.
 */
function parseError(message: string): Trouble | undefined {
  const found = /\[\w+\] (?<what>.*)\n[^\n]*\u256d\u2500\[ (?<place>.*:\d+:\d+) \]/.exec(message);
  if (!found?.groups) return undefined;
  const { what, place } = found.groups;
  return { message: `${place}: ${what}`, detail: message.slice(found.index) };
}

/** The line of the check file that the error came from, with the lines around it. */
function placeOf(error: SerializedError, directory: string): string {
  const stacks = [...(error.stacks ?? []), ...stacksOf(error.stack)];
  const stack = stacks.find(({ file }) => isUsers(file, directory));
  if (stack === undefined) return '';
  const place = `at ${relative(directory, stack.file)}:${stack.line}:${stack.column}`;
  const frame = codeFrame(stack.file, stack.line, stack.column);
  return frame === '' ? place : `${place}\n${frame}`;
}

/**
 * Vitest reads the stacks of errors that tests threw; it leaves others, and frames in node_modules, as text.
 */
function stacksOf(stack: string | undefined): { file: string; line: number; column: number }[] {
  const frames = (stack ?? '').matchAll(/(?:file:\/\/)?(\/[^\n()]+):(\d+):(\d+)\)?$/gm);
  return [...frames].map(([, file = '', line, column]) => ({
    file,
    line: Number(line),
    column: Number(column),
  }));
}

function isUsers(file: string, directory: string): boolean {
  return file.startsWith(`${directory}/`) && !relative(directory, file).includes('node_modules/');
}

/** Lines and columns count from 1. Empty when the file cannot be read. */
function codeFrame(file: string, line: number, column: number): string {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch {
    return '';
  }
  const lines = source.split('\n');
  const first = Math.max(1, line - 2);
  const last = Math.min(lines.length, line + 2);
  const width = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const text = (lines[number - 1] ?? '').slice(0, 160);
    shown.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${text}`.trimEnd());
    if (number === line) shown.push(`  ${' '.repeat(width)} | ${' '.repeat(Math.max(0, column - 1))}^`);
  }
  return shown.join('\n');
}
