import type { CommandEntry } from '../command.ts';
import { scenarioOptions } from './scenario-flags.ts';

export const scenarioCommands: readonly CommandEntry[] = [
  {
    name: 'init',
    args: '[folder]',
    description: 'Make a small scenario to start from; without a folder it asks what it shall be',
    options: [],
    examples: ['shakedown init', 'shakedown init my-cluster'],
    load: async () => (await import('./init.ts')).initCommand,
  },
  {
    name: 'config',
    args: '[scenario]',
    description: 'Show the config in force and where each value came from; touches no machine',
    options: [...scenarioOptions, ['--json', 'Print it as JSON']],
    examples: ['shakedown config', 'shakedown config examples/rabbitmq --set timeouts.start=120'],
    load: async () => (await import('./config.ts')).configCommand,
  },
  {
    name: 'render',
    args: '[scenario]',
    description: 'Show what would be sent to the nodes; touches no machine',
    options: [
      ...scenarioOptions,
      ['--node <node>', 'Only this node, by number or name'],
      ['--out <folder>', 'Write the files there, in a folder for each node, instead of printing them'],
    ],
    examples: ['shakedown render --node 1', 'shakedown render --out /tmp/rendered'],
    load: async () => (await import('./render.ts')).renderCommand,
  },
];
