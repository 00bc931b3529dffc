import type { CommandEntry, Option } from '../command.ts';
import { scenarioOptions } from '../scenario/scenario-flags.ts';
import { beginnings } from './beginnings.ts';

/** The flags of every command that ends in a run. */
const runOptions: readonly Option[] = [
  ['-t, --filter <text>', 'Only checks whose name holds this'],
  ['--json', 'Print the events as NDJSON'],
];

export const runCommands: readonly CommandEntry[] = [
  {
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
      ['--fresh', 'Install anew, whatever earlier installations were kept'],
    ],
    examples: [
      'shakedown run',
      'shakedown run examples/rabbitmq --keep',
      'shakedown run --nodes 10.0.0.5,10.0.0.6 -u admin',
    ],
    load: async () => (await import('./run.ts')).runCommand,
  },
  {
    name: 'rerun',
    args: '',
    description: 'Run again on the machines that were kept: send what changed, restart, check, collect',
    options: [
      ['--from <phase>', `Begin with this phase: ${beginnings.join(', ')}`],
      ['--node-files <folder>', 'Node files to send instead of the config’s'],
      ['--set <path=value>', 'Override one value of the main config; may be repeated'],
      ...runOptions,
    ],
    examples: ['shakedown rerun', 'shakedown rerun --node-files other_files', 'shakedown rerun --from check'],
    load: async () => (await import('./rerun.ts')).rerunCommand,
  },
  {
    name: 'runs',
    args: '<action> [id]',
    description: 'runs list | show [id] | prune: what earlier runs came to, and making room',
    options: [
      ['--keep <n>', 'prune: keep this many of the newest (default 20)'],
      ['--days <n>', 'prune: and none older than this (default 30)'],
    ],
    examples: ['shakedown runs list', 'shakedown runs show latest', 'shakedown runs prune --keep 5'],
    load: async () => (await import('./runs.ts')).runsCommand,
  },
];
