import { chooseFace } from '../../report/choose-face.ts';
import { printSummary } from '../../report/summary.ts';
import { run } from '../../run/run.ts';
import type { RunRequest } from '../../run/run-request.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { worldOf } from '../world-of.ts';

/** Runs, shows it as it goes, and prints the summary; gives the exit code. */
export async function runWith(
  request: RunRequest,
  options: CommandOptions,
  environment: CommandEnvironment,
): Promise<number> {
  const { stdout, env } = environment;
  const json = options.json === true;
  const face = await chooseFace({ json, stdout, env, signal: environment.signal });
  const world = worldOf(environment, face);
  const filter = options.filter === undefined ? {} : { filter: String(options.filter) };
  try {
    const result = await run({ ...request, ...filter }, world);
    face.close();
    if (!json) printSummary(result, { stdout, env });
    return result.exitCode;
  } finally {
    face.close();
  }
}
