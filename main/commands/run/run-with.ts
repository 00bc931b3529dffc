import { chooseFace } from '../../report/face.ts';
import { printSummary } from '../../report/summary.ts';
import { voiceOf } from '../../report/voice.ts';
import { runInFolder } from '../../run/run-in-folder.ts';
import { type RunRequest, run } from '../../run.ts';
import type { CommandEnvironment, CommandOptions } from '../command.ts';
import { realWorld } from '../real-world.ts';

/** Runs, shows it as it goes, and prints the summary; gives the exit code. */
export async function runWith(
  request: RunRequest,
  options: CommandOptions,
  environment: CommandEnvironment,
): Promise<number> {
  const { cwd, stdout, env } = environment;
  const json = options.json === true;
  const face = chooseFace({ json, stdout, env, signal: environment.signal });
  const world = realWorld(environment, face);
  const voice = voiceOf(environment);
  const tell = (line: string): void => voice.info(line);
  const filter = options.filter === undefined ? {} : { filter: String(options.filter) };
  const folder = { alone: true, kept: request.reuse ? 'leave' : 'take-down', tell } as const;
  try {
    const result = await runInFolder(world, folder, () => run({ ...request, ...filter }, world));
    face.close();
    if (!json) printSummary(result, { cwd, stdout, env });
    return result.exitCode;
  } finally {
    face.close();
  }
}
