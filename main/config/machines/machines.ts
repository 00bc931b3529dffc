import type { Wanted } from '../../providers/kind.ts';
import { kinds } from '../../providers/kinds.ts';
import type { MachineSpec } from '../../providers/provider.ts';
import { expandRanges } from '../../providers/ssh/host-range.ts';
import { parseHost } from '../../providers/ssh/parse-host.ts';
import { ssh } from '../../providers/ssh/ssh-options.ts';
import type { ProviderChoice } from '../define.ts';
import { describeIssues } from '../mistakes/issues.ts';
import type { ConfigMistake } from '../mistakes/mistake.ts';
import { isPlainObject } from '../node/node-functions.ts';

/**
 * The machines that a provider's options ask for; mistakes in them are told, and then there is no machine.
 */
export function machinesOf(
  choice: ProviderChoice,
  complain: (mistake: Omit<ConfigMistake, 'source'> & { readonly path: string }) => void,
): readonly MachineSpec[] {
  const known = kinds[choice.provider];
  if (!known) {
    const names = Object.keys(kinds).join(', ');
    complain({ path: 'nodes.provider', message: `found '${choice.provider}', expected one of: ${names}` });
    return [];
  }
  const result = known.schema.safeParse(choice.options, { reportInput: true });
  const issues = result.error?.issues ?? [];
  const keys = 'shape' in known.schema ? Object.keys(Object(known.schema.shape)) : [];
  for (const { path, message } of describeIssues(issues, choice.options, 'sentences', keys)) {
    complain({ path: path === '' ? 'nodes' : `nodes.options.${path}`, message });
  }
  if (!result.success) return [];
  const machines = known.wanted(choice.options).map(machineSpec);
  for (const [index, { name }] of machines.entries()) {
    const other = machines.findIndex((machine) => machine.name === name);
    if (other < index)
      complain({ path: 'nodes', message: `node ${index} has the name of node ${other}: '${name}'` });
  }
  return machines;
}

const machineSpec = ({ name, role }: Wanted, id: number): MachineSpec => ({
  id,
  name: name ?? `node${id}`,
  ...(role === undefined ? {} : { role }),
});

/** The machines that a choice asks for; none where it is wrong. */
export function wantedOf(choice: unknown): readonly Wanted[] {
  const { provider, options } = isPlainObject(choice) ? choice : {};
  const kind = typeof provider === 'string' ? kinds[provider] : undefined;
  return kind?.schema.safeParse(options).success ? kind.wanted(options) : [];
}

/**
 * `--nodes`: those hosts, ranges expanded (a wrong one is told when the choice is validated), each with the
 * role that the config gives to the node at its place.
 */
export function hostsChoice(hosts: readonly string[], configured: unknown): ProviderChoice {
  const machines = wantedOf(configured);
  return ssh(
    hosts.flatMap(expanded).map((host, index) => {
      const role = machines[index]?.role;
      return role === undefined ? host : { ...parseHost(host), role };
    }),
  );
}

function expanded(host: string): readonly string[] {
  try {
    return expandRanges(host);
  } catch {
    return [host];
  }
}
