import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { quote } from './root-script.ts';

/** What a shell variable can be given: `true` is `1`, `false` and undefined are empty, a list is an array. */
export type ShellValue = string | number | boolean | undefined | readonly (string | number)[];

/** Values by the names of the variables, which are written as shell writes them: `node_ids`. */
export type ShellValues = Readonly<Record<string, ShellValue>>;

/**
 * The text of a bash program, for `runAsRoot` and its like: the file `name` in `folder`
 * (`import.meta.dirname` of the module that runs it, beside which it lies), with the values set as variables
 * before it and `args` as its `$1`, `$2`, …
 *
 * A line `source ./other.sh` is replaced by that file, whose path is relative to the file with the line;
 * what several files name comes once. The program goes to its shell as one text, so that root need not be
 * able to read our files.
 */
export function shellFile(
  folder: string,
  name: string,
  values: ShellValues = {},
  args: readonly (string | number)[] = [],
): string {
  const assignments = Object.entries(values).map(([variable, value]) => `${variable}=${word(value)}\n`);
  const positional = args.length === 0 ? '' : `set -- ${args.map(quote).join(' ')}\n`;
  return `${assignments.join('')}${positional}${withSources(join(folder, name), new Set())}`;
}

/** Values of records as arrays, one for each variable: `columns(nodes, { node_ids: (node) => node.id })`. */
export function columns<Row, Variable extends string>(
  rows: readonly Row[],
  variables: Readonly<Record<Variable, (row: Row) => string | number | undefined>>,
): Readonly<Record<Variable, readonly (string | number)[]>> {
  const entries = Object.entries<(row: Row) => string | number | undefined>(variables);
  const arrays = entries.map(([variable, value]) => [variable, rows.map((row) => value(row) ?? '')]);
  return Object.fromEntries(arrays) as Record<Variable, readonly (string | number)[]>;
}

function word(value: ShellValue): string {
  if (typeof value === 'object') return `(${value.map(quote).join(' ')})`;
  if (typeof value === 'boolean') return value ? '1' : '';
  return value === undefined ? '' : quote(value);
}

const texts = new Map<string, string>();

/** The file's text with what it sources put in; nothing for a file that came before. */
function withSources(file: string, before: Set<string>): string {
  if (before.has(file)) return '';
  before.add(file);
  const text = texts.get(file) ?? readFileSync(file, 'utf8');
  texts.set(file, text);
  return text.replaceAll(/^source (\.\S+)$/gm, (_line, path: string) =>
    withSources(join(dirname(file), path), before),
  );
}
