import { UsageError } from '../../../common/errors.ts';
import type { MachineAct } from '../../../common/machine-acts.ts';
import type { KnownKinds } from '../../providers/machine-acts.ts';
import { everyProvider } from '../../providers/registry.ts';
import type { Command, CommandEnvironment, CommandOptions } from '../command.ts';
import { actOnNodes, snapshotNamed } from './act.ts';

/** `shakedown nodes`; `kinds` are the providers that there are, the one that puts them together included. */
export const nodesCommandOf =
  (kinds: KnownKinds): Command =>
  async ([action = 'list', ...args], options, environment) => {
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
  };

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
async function withoutNodes(
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
  switch (action) {
    case 'up':
      return (await import('./up.ts')).nodesUp(folder ?? '.', options, environment);
    case 'down':
      return (await import('./down.ts')).downCommand([], options, environment);
    case 'inventory':
      return (await import('./inventory.ts')).printInventory(options, environment);
    default:
      return (await import('./list.ts')).listNodes(options, environment);
  }
}
