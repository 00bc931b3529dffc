import { join, posix } from 'node:path';
import type { Kind } from '../kinds/kind.ts';
import { loaders } from '../kinds/kinds.ts';
import { type CommandWords, plainWords, type TestProcess } from './command-words.ts';

/** A command that keeps its framework loaded, and runs the files that it is told of. */
export interface WarmCommand {
  /** The framework's name. */
  readonly framework: string;
  /** The program that does it, a file of ours, and those that it needs beside it. */
  readonly loader: string;
  readonly parts: readonly string[];
  /** Whether a process that is not kept leaves a report of its tests, too. */
  readonly reportsCold: boolean;
  /** The process, with the loader as it lies on the node. `files`: all test files. */
  process(loader: string, files: readonly string[]): TestProcess;
}

/**
 * Undefined where a command cannot be kept loaded: by what its kind needs, or as what a shell makes of it.
 */
export function warmCommand(
  words: CommandWords,
  { name, warming, reporting }: Kind,
): WarmCommand | undefined {
  const plain = plainWords(words);
  if (!warming || !plain || warming.command(plain, '', []) === undefined) return undefined;
  const { loader, parts = [], command, searched = [] } = warming;
  return {
    framework: name,
    loader: join(loaders, loader),
    parts,
    reportsCold: reporting !== undefined,
    process: (place, files) => ({
      argv: withFolder(searched, posix.dirname(place), command(plain, place, foldersOf(files)) ?? []),
      env: {},
    }),
  };
}

/** Variables of the node's own stay what they are, but for one more folder. */
const withFolder = (
  variables: readonly string[],
  folder: string,
  argv: readonly string[],
): readonly string[] =>
  variables.length === 0
    ? argv
    : [
        ...['/bin/sh', '-c'],
        `${variables.map((name) => `export ${name}="$1\${${name}:+:$${name}}"; `).join('')}shift; exec "$@"`,
        ...['sh', folder, ...argv],
      ];

/** As many as a command line takes. */
const mostFolders = 100;

/** The folders that the files are in; where these are too many, those around them. */
function foldersOf(files: readonly string[]): readonly string[] {
  let folders = [...new Set(files.map((file) => posix.dirname(file)))];
  while (folders.length > mostFolders) folders = [...new Set(folders.map((folder) => posix.dirname(folder)))];
  return folders.sort();
}
