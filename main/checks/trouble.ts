import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { SerializedError, TestError } from 'vitest';
import type { Trouble } from './check-protocol.ts';

/** What Vitest knows of an error, as a person reads it: the message; the diff and the place in the source as detail. */
export function troubleOf(error: SerializedError | TestError, directory: string): Trouble {
  const message = messageOf(error);
  const diff = typeof error.diff === 'string' ? stripVTControlCharacters(error.diff).trim() : '';
  const cause = error.cause ? `caused by: ${messageOf(error.cause)}` : '';
  const detail = [diff, cause, placeOf(error, directory)].filter(Boolean).join('\n\n');
  return { message, ...(detail ? { detail } : {}) };
}

/** Names that say nothing which the message does not. */
const plainNames = new Set(['Error', 'AssertionError', 'ClusterError', undefined, '']);

function messageOf(error: SerializedError): string {
  const message = stripVTControlCharacters(String(error.message ?? error)).trim();
  const timedOut = /^(Test|Hook) timed out in (\d+)ms/.exec(message);
  if (timedOut) {
    const [, what = '', ms = ''] = timedOut;
    return `the ${what.toLowerCase()} did not finish within ${Number(ms) / 1000} s`;
  }
  const exited = /^process\.exit unexpectedly called with "(.*)"$/.exec(message);
  if (exited) return `the check called process.exit(${exited[1]})`;
  return plainNames.has(error.name) ? message : `${error.name}: ${message}`;
}

/** The line of the check file that the error came from, with the lines around it. */
function placeOf(error: SerializedError, directory: string): string {
  const stack = error.stacks?.find(({ file }) => isUsers(file, directory)) ?? error.stacks?.[0];
  if (stack === undefined) return '';
  const place = `at ${displayed(stack.file, directory)}:${stack.line}:${stack.column}`;
  const frame = codeFrame(stack.file, stack.line, stack.column);
  return frame === '' ? place : `${place}\n${frame}`;
}

const isUsers = (file: string, directory: string): boolean =>
  file.startsWith(`${directory}/`) && !file.includes('/node_modules/');

const displayed = (file: string, directory: string): string =>
  isUsers(file, directory) ? relative(directory, file) : file;

/** Lines and columns count from 1. Empty when the file cannot be read. */
export function codeFrame(file: string, line: number, column: number): string {
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
