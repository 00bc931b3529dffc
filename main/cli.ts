import { cac } from 'cac';
import { closest } from '../common/closest.ts';
import {
  asShakedownError,
  describeFailure,
  InterruptedError,
  ShakedownError,
  UsageError,
} from '../common/errors.ts';
import { remedyFor } from '../common/system-errors.ts';
import { cacheDirectory } from './cache-dir.ts';
import type { Command, CommandEnvironment } from './commands/command.ts';
import { commands } from './commands/registry.ts';
import { wordsOfCac } from './commands/words-of-cac.ts';
import { hideDashes, showDash } from './lone-dash.ts';
import { exitCodes } from './record/exit-codes.ts';
import { version } from './version.ts';

process.exit(await main(process.argv));

/** Runs the command that argv names, and gives its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const interrupts = listenForInterrupts();
  const environment: CommandEnvironment = {
    cwd: process.cwd(),
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cacheDir: cacheDirectory(process.env),
    ...interrupts,
  };
  try {
    return await dispatch(argv, environment);
  } catch (error) {
    return tell(error);
  }
}

async function dispatch(argv: readonly string[], environment: CommandEnvironment): Promise<number> {
  const cli = cac('shakedown');
  let code: Promise<number> | undefined;
  for (const command of commands) {
    register(cli, command, (args, options) => {
      code = command.run(args, options, environment);
    });
  }
  cli.help().version(version());
  const parsed = cli.parse(hideDashes(argv), { run: false });
  if (parsed.options.help || parsed.options.version) return exitCodes.pass;
  if (!cli.matchedCommand) return unknownCommand(parsed.args[0], () => cli.outputHelp());
  cli.runMatchedCommand();
  return (await code) ?? exitCodes.pass;
}

function register(
  cli: ReturnType<typeof cac>,
  command: Command,
  action: (args: readonly string[], options: Record<string, unknown> & { rest: readonly string[] }) => void,
): void {
  const made = cli.command(`${command.name} ${command.args}`.trim(), command.description);
  for (const [flags, description] of command.options) made.option(flags, description);
  for (const example of command.examples ?? []) made.example(example);
  made.action((...given: unknown[]) => {
    const { '--': rest = [], ...options } = (given.pop() ?? {}) as Record<string, unknown> & {
      '--'?: string[];
    };
    const args = given.flat().filter((arg) => arg !== undefined);
    action(args.map(String).map(showDash), { ...options, rest: rest.map(showDash) });
  });
}

function unknownCommand(name: string | undefined, help: () => void): number {
  if (name === undefined) {
    help();
    return exitCodes.usage;
  }
  const near = closest(
    name,
    commands.map((command) => command.name),
  );
  const meant = near ? `Did you mean '${near}'?` : '';
  throw new UsageError(`There is no command '${name}'. ${meant}`.trim(), { hint: 'shakedown --help' });
}

/** Says what went wrong on stderr; a stack trace only for what is our own mistake. */
function tell(error: unknown): number {
  if (error instanceof InterruptedError) return exitCodes.interrupted;
  const usage = error instanceof Error && error.name === 'CACError' ? wordsOfCac(error.message) : error;
  if (usage instanceof UsageError) {
    console.error(`shakedown: ${usage.message}`);
    if (usage.hint) console.error(`  try: ${usage.hint}`);
    return exitCodes.usage;
  }
  const known = asShakedownError(error);
  console.error(`shakedown: ${describeFailure(known.details)}`);
  const ours = error instanceof ShakedownError || remedyFor(error) !== undefined;
  if (error instanceof Error && !ours) console.error(error.stack);
  return known.verdict === 'fail' ? exitCodes.fail : exitCodes.error;
}

/**
 * The first interrupt ends the work and lets the evidence come home; the second ends that too; the third ends us.
 * npm passes a terminal's Ctrl-C on to us though we got it already, so two within half a second count as one.
 */
function listenForInterrupts(): { signal: AbortSignal; hurry: AbortSignal } {
  const first = new AbortController();
  const second = new AbortController();
  let last = 0;
  const onSignal = () => {
    const now = Date.now();
    if (now - last < 500) return;
    last = now;
    if (second.signal.aborted) {
      console.error("shakedown: ended at once; 'shakedown reap' takes away what is left.");
      process.exit(exitCodes.interrupted);
    }
    (first.signal.aborted ? second : first).abort(new InterruptedError());
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return { signal: first.signal, hurry: second.signal };
}
