import type { ScenarioFlags } from '../../config/load.ts';
import type { CommandOptions, Option } from '../command.ts';

/** The flags that override a scenario's config, as every command that loads one has them. */
export const scenarioOptions: readonly Option[] = [
  ['-k, --key <file>', 'Private key to log in with'],
  ['-u, --user <name>', 'User to log in as'],
  ['--provider <kind>', 'Make the machines of this kind: nspawn, docker, qemu, vagrant, ec2'],
  ['--os <release>', 'Operating system of the machines: bookworm, trixie, noble'],
  ['--nodes <addresses>', 'Use these machines over ssh: a,b,node[01-20]'],
  ['--count <n>', 'How many nodes to make'],
  ['--node-files <folder>', 'Node files to send instead of the config’s'],
  ['--set <path=value>', 'Override one value of the main config; may be repeated'],
];

/** Those flags as the loader takes them; cac makes numbers of what looks like one. */
export function scenarioFlags(options: CommandOptions): ScenarioFlags {
  const text = (name: string) => (options[name] === undefined ? undefined : String(options[name]));
  const flags = {
    key: text('key'),
    user: text('user'),
    provider: text('provider'),
    os: text('os'),
    nodes: text('nodes'),
    count: text('count'),
    nodeFiles: text('nodeFiles'),
    set: options.set === undefined ? undefined : [options.set].flat().map(String),
  };
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}
