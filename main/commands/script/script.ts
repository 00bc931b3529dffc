import type { ReadStream, WriteStream } from 'node:tty';
import { UsageError } from '../../../common/errors.ts';
import { voiceOf } from '../../report/voice.ts';
import { painter } from '../../report/words.ts';
import { scriptTable } from '../../script/output/script-summary.ts';
import { runScriptOnEach } from '../../script/run-script.ts';
import type { ScriptOptions } from '../../script/script-options.ts';
import type { Command, CommandEnvironment, CommandOptions } from '../command.ts';
import { list, scriptMachines } from './script-machines.ts';
import { tellScriptRun } from './tell-script-run.ts';
import { variable } from './variable.ts';

export const scriptCommand: Command = async ([file = '', ...args], options, environment) => {
  const { cwd, env, stdout, stderr } = environment;
  const json = options.json === true;
  const quiet = options.quiet === true || json;
  const voice = voiceOf(environment);
  const run = await runScriptOnEach({
    ...(await wishes(file, { ...options, rest: [...args, ...options.rest] }, environment)),
    machines: scriptMachines(options),
    directory: cwd,
    stdout: json ? stderr : stdout,
    stderr,
    onNote: quiet ? () => undefined : (line) => voice.info(line),
  });
  if (json) stdout.write(`${JSON.stringify(run, undefined, 2)}\n`);
  tellScriptRun(run, quiet, voice);
  if (run.machines.length > 1 && !quiet) stderr.write(`\n${scriptTable(run, painter(stderr, env))}\n`);
  return run.exitCode;
};

/** The flags as `runScriptOnEach` takes them. */
async function wishes(
  file: string,
  options: CommandOptions,
  environment: CommandEnvironment,
): Promise<ScriptOptions> {
  const { signal, hurry, cacheDir, env, stdin } = environment;
  const text = (name: string) => (options[name] === undefined ? undefined : String(options[name]));
  const timeout = text('timeout');
  if (timeout !== undefined && !/^\d+(\.\d+)?$/.test(timeout)) {
    throw new UsageError(`--timeout takes seconds; found '${timeout}'.`);
  }
  if (file === '-' && options.tty === true) {
    throw new UsageError("A script that comes from stdin ('-') cannot have the terminal too.", {
      hint: 'write it to a file',
    });
  }
  const given = { with: text('with'), out: text('out'), user: text('user'), key: text('key') };
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return {
    ...set,
    ...(timeout === undefined ? {} : { timeout: Number(timeout) }),
    script: file === '-' ? { text: await textOf(stdin) } : file,
    args: options.rest,
    env: Object.fromEntries(list(options.env).map((each) => variable(each, env))),
    get: list(options.get),
    root: options.root !== false,
    tty: options.tty === true ? (terminalOf(environment) ?? true) : false,
    keep: options.keep ? 'always' : options.keepOnFailure ? 'on-failure' : 'never',
    rebuild: options.rebuild === true,
    ...{ signal, hurry, cacheDir },
  };
}

async function textOf(stdin: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

/** Ours, where both its ends are one. */
function terminalOf({ stdin, stdout }: CommandEnvironment): ScriptOptions['tty'] {
  if (!stdin.isTTY || !stdout.isTTY) return undefined;
  return { stdin: stdin as ReadStream, stdout: stdout as unknown as WriteStream };
}
