import { cac } from 'cac';
import { UsageError } from '../../../common/errors.ts';
import { exitCodes } from '../../../common/exit-codes.ts';
import { closest } from '../../../common/text/closest.ts';
import { version } from '../../../common/version.ts';
import type { CommandEntry, CommandOptions } from '../command.ts';
import { commands } from '../registry.ts';
import { arranged } from './help.ts';
import { parseMistake } from './parse-mistake.ts';
import { refuseEmpty } from './refuse-empty.ts';
import { plainSwitches } from './switches.ts';
import { marked, plain, unmarked } from './verbatim.ts';

/** A command and what it was given. */
export interface Invocation {
  readonly entry: CommandEntry;
  readonly args: readonly string[];
  readonly options: CommandOptions;
}

/**
 * The command that `argv` (with Node and the script before it) asks for, or the exit code where there is none
 * to run: help and version are printed here. Throws UsageError.
 */
export function parse(argv: readonly string[]): Invocation | number {
  const cli = cac('shakedown');
  let invocation: Invocation | undefined;
  for (const entry of commands) {
    register(cli, entry, (args, options) => {
      invocation = { entry, args, options };
    });
  }
  cli.help((sections) => arranged(sections, entryNamed(cli.matchedCommandName), process.stdout.columns));
  cli.version(version());
  try {
    const parsed = cli.parse(marked(plainSwitches(argv)), { run: false });
    if (parsed.options.help || parsed.options.version) return exitCodes.pass;
    if (!cli.matchedCommand) return unknownCommand(unmarked(parsed.args[0]), () => cli.outputHelp());
    cli.runMatchedCommand();
  } catch (error) {
    throw error instanceof Error && error.name === 'CACError'
      ? parseMistake(plain(error.message), argv[2])
      : error;
  }
  return invocation ?? exitCodes.pass;
}

function register(
  cli: ReturnType<typeof cac>,
  entry: CommandEntry,
  asked: (args: readonly string[], options: CommandOptions) => void,
): void {
  const made = cli.command(`${entry.name} ${entry.args}`.trim(), entry.description);
  for (const [flags, description] of entry.options) made.option(flags, description);
  for (const example of entry.examples ?? []) made.example(example);
  made.action((...given: unknown[]) => {
    const { '--': rest = [], ...options } = (given.pop() ?? {}) as Record<string, unknown> & {
      '--'?: string[];
    };
    const args = given.flat().filter((arg) => arg !== undefined);
    const told = Object.fromEntries(Object.entries(options).map(([name, value]) => [name, unmarked(value)]));
    const words = args.map(unmarked).map(String);
    refuseEmpty(entry, words, told);
    asked(words, { ...told, rest });
  });
}

const entryNamed = (name: string | undefined): CommandEntry | undefined =>
  commands.find((entry) => entry.name === name);

function unknownCommand(name: unknown, help: () => void): number {
  if (name === undefined) {
    help();
    return exitCodes.usage;
  }
  const near = closest(
    String(name),
    commands.map((command) => command.name),
  );
  const meant = near ? `Did you mean '${near}'?` : '';
  throw new UsageError(`There is no command '${name}'. ${meant}`.trim(), { hint: 'shakedown --help' });
}
