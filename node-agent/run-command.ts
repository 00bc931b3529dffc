import { appendFile } from 'node:fs/promises';
import { ShakedownError, TimeLimitError } from '../common/errors.ts';
import type { RunParams } from '../common/protocol.ts';
import type { CommandResult } from '../common/results.ts';
import { shellAs } from './account.ts';
import type { AgentState } from './agent-state.ts';
import { isSystemError } from './failure.ts';
import { lastLinesOf } from './output-buffer.ts';
import { type ProcessResult, runProcess } from './process.ts';

/**
 * Runs one set-up command to its end; a non-zero exit is a result. Past its time limit all of its process group is
 * ended and TimeLimitError (verdict `fail`) thrown. Its output is also kept in the logs as `setup-<name>.log`.
 */
export async function runCommand(
  params: RunParams,
  state: AgentState,
  signal: AbortSignal,
): Promise<CommandResult> {
  const { name, command, cwd, user, timeout } = params;
  const { argv, env } = await shellAs(command, user);
  const result = await runProcess(argv, { cwd, env: { ...env, ...params.env }, signal, timeout }).catch(
    (error: unknown) => {
      throw inWords(error, cwd);
    },
  );
  await keep(state.logFile(`setup-${name}`), command, result);
  if (result.timedOut) {
    const lastLines = lastLinesOf(result.stdout + result.stderr);
    throw new TimeLimitError(`set-up step '${name}'`, timeout, {
      verdict: 'fail',
      command,
      lastLines,
      hint: 'look at its last lines, or give it more time with `timeout`',
    });
  }
  const { exitCode, stdout, stderr, durationMs } = result;
  return { command, exitCode, signal: result.signal, stdout, stderr, durationMs };
}

function inWords(error: unknown, cwd: string): unknown {
  const cause = error instanceof ShakedownError ? error.cause : error;
  if (!isSystemError(cause, 'ENOENT', 'ENOTDIR')) return error;
  return new ShakedownError({ message: `the folder ${cwd} does not exist on the node` }, { cause });
}

async function keep(
  file: string,
  command: string,
  { stdout, stderr, exitCode }: ProcessResult,
): Promise<void> {
  const text = `$ ${command}\n${stdout}${stderr}[exit ${exitCode ?? 'by signal'}]\n`;
  // A full disk shows in what the command itself says.
  await appendFile(file, text).catch(() => {});
}
