import { relative } from 'node:path';
import { UsageError } from '../../../common/errors.ts';
import type { Location } from '../load-errors.ts';
import { locate, messageOf } from '../load-module.ts';

/** One mistake in the config. */
export interface ConfigMistake {
  /** `config/main.config.ts`, or the flag that brought the value in. */
  readonly source: string;
  /** `services[0].ready.tcp`; absent for mistakes of the whole file. */
  readonly path?: string;
  /** What was found and what was expected. */
  readonly message: string;
  /** The node for which the config came out so. */
  readonly node?: number;
}

/** All mistakes of a scenario's config together: exit code 2, and no machine was touched. */
export class ConfigError extends UsageError {
  readonly mistakes: readonly ConfigMistake[];

  /** `nodes`: how many nodes were looked at; what is wrong on all of them needs no list of nodes. */
  constructor(directory: string, mistakes: readonly ConfigMistake[], nodes = 0) {
    const lines = describe(mistakes, nodes);
    const count = lines.length === 1 ? '1 mistake' : `${lines.length} mistakes`;
    super(`${count} in the config of ${directory}:\n${lines.join('\n')}`);
    this.name = 'ConfigError';
    this.mistakes = mistakes;
  }
}

/** One line for each mistake; one that several nodes have is told once. */
function describe(mistakes: readonly ConfigMistake[], count: number): string[] {
  const nodesOf = new Map<string, Set<number>>();
  for (const { source, path, message, node } of mistakes) {
    const line = `  ${[source, path, message].filter(Boolean).join(': ')}`;
    const nodes = nodesOf.get(line) ?? new Set();
    nodesOf.set(line, node === undefined ? nodes : nodes.add(node));
  }
  return [...nodesOf].map(([line, nodes]) => {
    if (nodes.size === 0 || nodes.size === count) return line;
    return `${line} (${nodes.size === 1 ? 'node' : 'nodes'} ${[...nodes].join(', ')})`;
  });
}

/** What a config file, or a function in it, threw: with line and column, and without a stack. */
export function thrownMistake(error: unknown, directory: string, file: string): ConfigMistake {
  const location = locate(error, directory);
  return { source: place(location ?? { file }, directory), message: messageOf(error) };
}

function place({ file, line, column }: Location, directory: string): string {
  const name = relative(directory, file);
  return [name, line, column].filter((part) => part !== undefined).join(':');
}

/** A value as a mistake shows it: `"2379" (a string)`. */
export function found(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  const text = JSON.stringify(value) ?? String(value);
  const shown = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  return typeof value === 'string' ? `the string ${shown}` : shown;
}
