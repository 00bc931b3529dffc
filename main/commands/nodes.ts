import { UsageError } from '../../common/errors.ts';
import { formatNames } from '../inventory/formats.ts';
import type { Command } from './command.ts';
import { downCommand } from './down.ts';
import { printInventory } from './nodes-inventory.ts';
import { listNodes } from './nodes-list.ts';
import { nodesUp } from './nodes-up.ts';
import { scenarioOptions } from './scenario-flags.ts';

export const nodesCommand: Command = {
  name: 'nodes',
  args: '[action] [scenario]',
  description:
    'nodes up | down | list | inventory: machines without a run, to be used with any other tool (list, unless told)',
  options: [
    [
      '--json',
      'list: as JSON, an array of {id, name, address, role, answers, reason}; up: the events as NDJSON',
    ],
    ['--wait <seconds>', 'list: how long a machine has to answer (3)'],
    ['--format <name>', `inventory: ${formatNames} (ansible)`],
    ...scenarioOptions.map(([flag, description]) => [flag, `up: ${description}`] as const),
    ['--rebuild', 'up: build cached images and trees again'],
  ],
  examples: [
    'shakedown nodes up --provider nspawn --count 3',
    'shakedown nodes inventory --format ansible > hosts.ini',
    'shakedown nodes down',
  ],
  async run([action = 'list', folder, ...more], options, environment) {
    if (more.length > 0 || (action !== 'up' && folder !== undefined)) {
      throw new UsageError(`'nodes ${action}' takes no '${more[0] ?? folder}'.`, {
        hint: 'shakedown nodes --help',
      });
    }
    switch (action) {
      case 'up':
        return nodesUp(folder ?? '.', options, environment);
      case 'down':
        return downCommand.run([], options, environment);
      case 'list':
        return listNodes(options, environment);
      case 'inventory':
        return printInventory(options, environment);
      default:
        throw new UsageError(`There is no 'nodes ${action}'; there are up, down, list and inventory.`);
    }
  },
};
