import { chooseFace } from '../report/face.ts';
import { printSummary } from '../report/summary.ts';
import { runInFolder } from '../run/run-in-folder.ts';
import { type RunRequest, run } from '../run.ts';
import type { Command, CommandEnvironment, CommandOptions } from './command.ts';
import { scenarioIn } from './load-scenario.ts';
import { realWorld } from './real-world.ts';
import { scenarioFlags, scenarioOptions } from './scenario-flags.ts';

/** The flags of every command that ends in a run. */
export const runOptions: Command['options'] = [
  ['-t, --filter <text>', 'Only checks whose name holds this'],
  ['--json', 'Print the events as NDJSON'],
];

export const runCommand: Command = {
  name: 'run',
  args: '[scenario]',
  description:
    'Boot the nodes, deploy, start, check, and bring everything home (default: the current folder)',
  options: [
    ...scenarioOptions,
    ...runOptions,
    ['--keep', 'Keep the machines when the run is over'],
    ['--keep-on-failure', 'Keep the machines unless the run passed'],
    ['--rebuild', 'Build cached images and trees again'],
  ],
  examples: [
    'shakedown run',
    'shakedown run examples/rabbitmq --keep',
    'shakedown run --nodes 10.0.0.5,10.0.0.6 -u admin',
  ],
  async run([folder = '.'], options, environment) {
    const flags = scenarioFlags(options);
    const scenario = await scenarioIn(folder, flags, environment);
    const keep = options.keep ? 'always' : options.keepOnFailure ? 'on-failure' : 'never';
    return runWith({ scenario, flags, keep, rebuild: options.rebuild === true }, options, environment);
  },
};

/** Runs, shows it as it goes, and prints the summary; gives the exit code. */
export async function runWith(
  request: RunRequest,
  options: CommandOptions,
  environment: CommandEnvironment,
): Promise<number> {
  const { cwd, stdout, env } = environment;
  const json = options.json === true;
  const face = chooseFace({ json, stdout, env });
  const world = realWorld(environment, face);
  const tell = (line: string) => environment.stderr.write(`shakedown: ${line}\n`);
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
