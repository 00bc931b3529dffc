import type { CommandEntry, Option } from '../command.ts';
import { scenarioOptions } from '../scenario/scenario-flags.ts';
import { formatNames } from './inventory/format-names.ts';

/** Who runs what is typed on a node. */
const rootOptions: readonly Option[] = [
  ['--root', 'As root (so it is unless told otherwise)'],
  ['--no-root', 'As the login user instead of root'],
];

export const nodesCommands: readonly CommandEntry[] = [
  {
    name: 'nodes',
    args: '[action] [...args]',
    description:
      'nodes up [scenario] | down | list | inventory: machines without a run, for any other tool (list, unless told); reboot NODE… | power on|off NODE… | snapshot NODE… | restore NODE…',
    options: [
      [
        '--json',
        'list: as JSON, an array of {id, name, address, role, answers, reason}; up: the events as NDJSON',
      ],
      ['--wait <seconds>', 'how long a machine has to answer; list: 15, after a start: 180'],
      ['--format <name>', `inventory: ${formatNames.join(', ')} (ansible)`],
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
    load: async () => (await import('./nodes.ts')).nodesCommand,
  },
  {
    name: 'exec',
    args: '<node>',
    description:
      'Run a command on a node (by id or name) and exit with its code: exec 0 -- uname -a; on several side by side (`all`, or `0,db1`), their names before each line',
    options: rootOptions,
    examples: [
      'shakedown exec all -- uptime',
      'shakedown exec 1 -- systemctl status etcd',
      "shakedown exec db1 -- 'ls /srv | wc -l'",
    ],
    load: async () => (await import('./exec.ts')).execCommand,
  },
  {
    name: 'shell',
    args: '<node>',
    description: 'Open a shell on a node (by id or name), as root unless told otherwise',
    options: rootOptions,
    examples: ['shakedown shell 1'],
    load: async () => (await import('./shell.ts')).shellCommand,
  },
  {
    name: 'cp',
    args: '<from> <to>',
    description: 'Copy a file or a folder from a node or to it: cp 0:/etc/hosts ./hosts',
    options: [['-r, --recursive', 'Taken for the sake of habit: folders are copied whole in any case']],
    examples: ['shakedown cp 0:/var/log/dpkg.log .', 'shakedown cp ./app 1:/opt'],
    load: async () => (await import('./cp.ts')).cpCommand,
  },
  {
    name: 'down',
    args: '',
    description: 'Destroy the machines that were kept here, or give borrowed ones back',
    options: [],
    load: async () => (await import('./down.ts')).downCommand,
  },
];
