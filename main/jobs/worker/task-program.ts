import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { describeFailure, ShakedownError } from '../../../common/errors.ts';
import { loadExports, withoutMark } from '../../config/load-module.ts';

/**
 * The program that does one task of a recipe, in the folder of that: `task-program BY FILE TASK`. It leads a
 * process group of its own, and ends all of that when it is asked to end, or when its worker dies.
 */

/** Ms that the task has to end in. */
const grace = 60_000;

const [by = '', file = '', task = ''] = process.argv.slice(2);
const parameters: Record<string, unknown> = JSON.parse(process.env.SHAKEDOWN_PARAMETERS ?? '{}');
const ending = new AbortController();

let isOurOwn = false;
process.on('SIGTERM', () => {
  // What it sends to its group reaches itself, too.
  if (isOurOwn) isOurOwn = false;
  else {
    isOurOwn = true;
    ending.abort();
    setTimeout(() => process.kill(-process.pid, 'SIGKILL'), grace).unref();
    process.kill(-process.pid, 'SIGTERM');
  }
});

// A function that is done may have left something open.
process.exit(await run());

/** Gives the exit code of the task: that of its program, or 1 when its function threw. */
async function run(): Promise<number> {
  if (by === 'executable') return await program(resolve(file), []);
  if (by === 'fabric') return await program('fab', ['--search-root', '.', task, ...fabricFlags()]);
  try {
    const { [task]: made } = await loadExports(resolve(file));
    if (typeof made !== 'function') {
      process.stderr.write(`${file} exports no function '${task}'\n`);
      return 1;
    }
    await made(parameters, { signal: ending.signal, files: process.env.FILES });
    return 0;
  } catch (error) {
    process.stderr.write(`${wordsOf(error)}\n`);
    return 1;
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof ShakedownError) return describeFailure(error.details);
  if (!(error instanceof Error)) return `threw ${String(error)}`;
  const isOfRecipe = (line: string) => !/^ +at .*(node:internal|task-program|load-module)/.test(line);
  return withoutMark((error.stack ?? error.message).split('\n').filter(isOfRecipe).join('\n'));
}

function program(name: string, words: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(name, words, { stdio: 'inherit' });
    child.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'ENOENT' ? 'it, or what its first line names, is not there' : error.message;
      process.stderr.write(`${name} cannot be started: ${why}\n`);
      resolve(127);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

/** As Invoke has them: `--some-name=value`, and `--flag` or `--no-flag` for what is true or false. */
function fabricFlags(): readonly string[] {
  return Object.entries(parameters).map(([name, value]) => {
    const flag = name.replaceAll('_', '-');
    if (typeof value === 'boolean') return value ? `--${flag}` : `--no-${flag}`;
    return `--${flag}=${value}`;
  });
}
