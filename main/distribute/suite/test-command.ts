import { UsageError } from '../../../common/errors.ts';
import { shellQuote } from '../../remotes/commands/shell-line.ts';
import type { Kind } from '../kinds/kind.ts';
import { kinds } from '../kinds/kinds.ts';
import { noLook, type ProjectLook } from '../kinds/project-look.ts';
import type { SplitByTests } from '../kinds/split-by-tests.ts';
import { readJunit } from '../results/read-reports.ts';
import type { ReportedCase } from '../results/reported-case.ts';
import { type CommandWords, plainWords, type TestProcess } from './command-words.ts';
import { type WarmCommand, warmCommand } from './warm-command.ts';

/** A command that runs test files. */
export interface TestCommand {
  /** As a person reads it. */
  readonly text: string;
  /** As it is written. */
  readonly words: CommandWords;
  /** The program that a node must have; undefined where a shell may make one of anything. */
  readonly program: string | undefined;
  /** Whether one process can take several files. */
  readonly batches: boolean;
  /** Whether it leaves a JUnit XML report at the path that it gets. */
  readonly reports: boolean;
  /** Whether its framework writes one whenever it comes to its end. */
  readonly mustReport: boolean;
  /** Reads that report. Throws ShakedownError. */
  read(report: string): Promise<readonly ReportedCase[]>;
  /** Exit codes beside 0 that say nothing bad of a file without any test. */
  readonly emptyCodes: readonly number[];
  /** How its framework is kept loaded; undefined where it cannot. */
  readonly warm: WarmCommand | undefined;
  /**
   * The process for these files; paths as they are in the project's folder on the node. `leftOut`: tests that
   * it does not run, by their ids.
   */
  process(files: readonly string[], report: string, leftOut?: readonly string[]): TestProcess;
  /** How single tests are left out; undefined where they cannot be. */
  readonly splitting: SplitByTests | undefined;
}

const placeholder = /\{(files|file|report)\}/g;

/**
 * A command as the user wrote it: for sh where it is one text, else as its words. Throws
 * UsageError where it names no files.
 */
export function writtenCommand(
  words: CommandWords,
  env: Readonly<Record<string, string>> = {},
  project: ProjectLook = noLook,
): TestCommand {
  const text = typeof words === 'string' ? words : words.map(shellQuote).join(' ');
  const all = [words].flat().join(' ');
  const names = new Set([...all.matchAll(placeholder)].map(([, name]) => name));
  if (!names.has('file') && !names.has('files')) {
    throw new UsageError(`The command names no test files: ${text}`, {
      hint: `${text} {files}  (or {file} for one that takes one at a time)`,
    });
  }
  const kind = kindOf(words);
  return {
    ...{ text, words },
    program: programOf(words),
    batches: !names.has('file'),
    reports: names.has('report') || kind?.reporting !== undefined,
    mustReport: !names.has('report') && kind?.reporting !== undefined,
    read: async (report) =>
      await ((names.has('report') ? undefined : kind?.read) ?? readJunit)(report, project),
    emptyCodes: kind?.emptyCodes ?? [],
    warm: kind && !names.has('report') ? warmCommand(words, kind) : undefined,
    splitting: names.has('report') ? undefined : splittingOf(kind, words, project),
    process: (files, report, leftOut = []) => {
      const reporting = names.has('report') ? undefined : kind?.reporting?.(report, env);
      const leaving = leftOut.length > 0 ? kind?.splitting?.leaveOut?.(leftOut) : undefined;
      const own = leaving ? (plainWords(words) ?? words) : words;
      const told = withWords(own, [...(reporting?.words ?? []), ...(leaving?.words ?? [])]);
      const argv = argvOf(told, kind?.words?.(files, project) ?? files, report);
      const around = (program: string | undefined, inner: readonly string[]) =>
        program === undefined ? inner : ['/bin/sh', '-c', program, report, ...inner];
      return {
        argv: around(reporting?.around, around(leaving?.around, argv)),
        env: { ...reporting?.env, ...leaving?.env },
      };
    },
  };
}

/** Its tests must be told, by a report or by a process that stays. */
function splittingOf(
  kind: Kind | undefined,
  words: CommandWords,
  project: ProjectLook,
): SplitByTests | undefined {
  const { reporting, splitting } = kind ?? {};
  const told = reporting ? splitting?.leaveOut : kind && warmCommand(words, kind);
  return told && !splitting?.refuses?.(words, project) ? splitting : undefined;
}

/**
 * The framework that a command runs: its name stands before the files, in a line for sh
 * with nothing of the shell's between.
 */
export function kindOf(words: CommandWords): Kind | undefined {
  const line = typeof words === 'string' ? words : words.join(' ');
  const before = line.slice(0, line.search(/\{files?\}/));
  const command = typeof words === 'string' ? (before.split(/[;&|()`\n]/).at(-1) ?? '') : before;
  return kinds.find(({ runs }) => runs.test(command));
}

/** With more words, before the files. */
function withWords(words: CommandWords, more: readonly string[]): CommandWords {
  if (more.length === 0) return words;
  if (typeof words === 'string') {
    return words.replace(/(?=\{files?\})/, `${more.map(shellQuote).join(' ').replaceAll('$', '$$$$')} `);
  }
  const place = words.findIndex((word) => /\{files?\}/.test(word));
  return words.toSpliced(place, 0, ...more);
}

function programOf(words: CommandWords): string | undefined {
  const [first = ''] = typeof words === 'string' ? words.trim().split(/\s+/) : words;
  // In a line for sh it may be a variable, a word of the shell, or in quotes.
  if (typeof words === 'string' && !/^[\w.+/-]+$/.test(first)) return undefined;
  return /\{(files|file|report)\}/.test(first) ? undefined : first;
}

function argvOf(words: CommandWords, files: readonly string[], report: string): readonly string[] {
  const values = { files, file: files, report: [report] } as const;
  if (typeof words === 'string') {
    const line = words.replaceAll(placeholder, (_, name: keyof typeof values) =>
      values[name].map(shellQuote).join(' '),
    );
    return ['/bin/sh', '-c', line];
  }
  return words.flatMap((word) => {
    // A word of its own becomes as many as there are files.
    const whole = /^\{(files|file|report)\}$/.exec(word)?.[1] as keyof typeof values | undefined;
    if (whole) return values[whole];
    return word.replaceAll(placeholder, (_, name: keyof typeof values) => values[name].join(' '));
  });
}
