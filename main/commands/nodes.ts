import { UsageError } from '../../common/errors.ts';
import type { MachineAct } from '../../common/machine-acts.ts';
import { formatNames } from '../inventory/formats.ts';
import type { KnownKinds } from '../providers/machine-acts.ts';
import { everyProvider } from '../providers/registry.ts';
import type { Command, CommandEnvironment, CommandOptions } from './command.ts';
import { downCommand } from './down.ts';
import { actOnNodes, snapshotNamed } from './nodes-act.ts';
import { printInventory } from './nodes-inventory.ts';
import { listNodes } from './nodes-list.ts';
import { nodesUp } from './nodes-up.ts';
import { scenarioOptions } from './scenario-flags.ts';

/** `shakedown nodes`; `kinds` are the providers that there are, the one that puts them together included. */
export const nodesCommandOf = (kinds: KnownKinds): Command => ({
  name: 'nodes',
  args: '[action] [...args]',
  description:
    'nodes up [scenario] | down | list | inventory: machines without a run, for any other tool (list, unless told); reboot NODE… | power on|off NODE… | snapshot NODE… | restore NODE…',
  options: [
    [
      '--json',
      'list: as JSON, an array of {id, name, address, role, answers, reason}; up: the events as NDJSON',
    ],
    ['--wait <seconds>', 'how long a machine has to answer; list: 3, after a start: 180'],
    ['--format <name>', `inventory: ${formatNames} (ansible)`],
    ['--name <name>', 'snapshot, restore: which one (a-z, 0-9 and hyphens); one that exists is replaced'],
    ...scenarioOptions.map(([flag, description]) => [flag, `up: ${description}`] as const),
    ['--rebuild', 'up: build cached images and trees again'],
  ],
  examples: [
    'shakedown nodes up --provider nspawn --count 3',
    'shakedown nodes inventory --format ansible > hosts.ini',
    'shakedown nodes reboot 0 node2',
    'shakedown nodes down',
  ],
  async run([action = 'list', ...args], options, environment) {
    const act = (what: MachineAct, names = args) => actOnNodes(what, names, options, environment, kinds);
    switch (action) {
      case 'reboot':
        return act({ act: 'reboot' });
      case 'power':
        return act({ act: powerAct(args[0]) }, args.slice(1));
      case 'snapshot':
      case 'restore':
        return act({ act: action, name: snapshotNamed(action, options) });
      default:
        return withoutNodes(action, args, options, environment);
    }
  },
});

export const nodesCommand = nodesCommandOf(everyProvider);

function powerAct(word: string | undefined): 'powerOn' | 'powerOff' {
  if (word === 'on') return 'powerOn';
  if (word === 'off') return 'powerOff';
  throw new UsageError(
    `'nodes power' takes on or off, then nodes${word === undefined ? '' : `; found '${word}'`}.`,
    {
      hint: 'shakedown nodes power off 0',
    },
  );
}

/** What is done to all machines together. */
function withoutNodes(
  action: string,
  [folder, ...more]: readonly string[],
  options: CommandOptions,
  environment: CommandEnvironment,
): Promise<number> {
  const known = ['up', 'down', 'list', 'inventory'];
  if (!known.includes(action)) {
    const all = [...known, 'reboot', 'power', 'snapshot'].join(', ');
    throw new UsageError(`There is no 'nodes ${action}'; there are ${all} and restore.`);
  }
  if (more.length > 0 || (action !== 'up' && folder !== undefined)) {
    throw new UsageError(`'nodes ${action}' takes no '${more[0] ?? folder}'.`, {
      hint: 'shakedown nodes --help',
    });
  }
  if (action === 'up') return nodesUp(folder ?? '.', options, environment);
  if (action === 'down') return downCommand.run([], options, environment);
  return action === 'list' ? listNodes(options, environment) : printInventory(options, environment);
}
