import type { Wanted } from '../../providers/kind.ts';
import { kinds } from '../../providers/kinds.ts';
import { limits, machineFields, machineName } from '../../providers/machine-options.ts';
import type { ProviderChoice } from '../define.ts';
import { isPlainObject } from '../node/node-functions.ts';
import { wantedOf } from './machines.ts';

/** A value's fields, if it has any. */
export const own = (value: unknown): Readonly<Record<string, unknown>> => (isPlainObject(value) ? value : {});

const pick = (value: Readonly<Record<string, unknown>>, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => keys.includes(key)));

const nodeKeys = ['count', 'name', 'role', 'os', ...Object.keys(limits)];

/**
 * The same machines of another kind: their number, names, roles, system, packages and limits stay, what else
 * the new kind needs comes from `defaults`. A text says why that cannot be.
 */
export function ofKind(configured: unknown, provider: string, defaults: unknown): ProviderChoice | string {
  const choice = own(configured);
  if (choice.provider === provider) return { provider, options: choice.options };
  // A slip of the pen is told by the kind that it was written for: another one would pass over it.
  if (typeof choice.provider === 'string' && hasUnknownKeys(choice.provider, choice.options)) {
    return { provider: choice.provider, options: choice.options };
  }
  if (!kinds[provider]?.makes) {
    if (defaults !== undefined) return { provider, options: defaults };
    const flag = provider === 'ssh' ? '--nodes a,b,c, or ' : '';
    return `it has to know which machines: ${flag}providers: { ${provider}: … } in the main config`;
  }
  const { count, nodes, ...rest } = own(defaults);
  const machines = commonOptions(choice);
  const those = machines.count === undefined && machines.nodes === undefined ? { count, nodes } : {};
  const options = { ...rest, ...those, ...machines };
  return {
    provider,
    options: Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
  };
}

const hasUnknownKeys = (provider: string, options: unknown): boolean =>
  kinds[provider]?.schema
    .safeParse(options)
    .error?.issues.some(({ code }) => code === 'unrecognized_keys') === true;

/** What every kind of machine understands. */
function commonOptions({ provider, options }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (typeof provider !== 'string') return {};
  if (!kinds[provider]?.makes) {
    const machines = wantedOf({ provider, options });
    return { nodes: machines.map(({ name, role }) => ({ name: hostNameOf(name, machines), role })) };
  }
  const { nodes, ...common } = pick(own(options), Object.keys(machineFields));
  if (!Array.isArray(nodes)) return common;
  return { ...common, nodes: nodes.map((node) => pick(own(node), nodeKeys)) };
}

/** Machines that we make have plain host names: of `db1.example` the `db1`, if that is one and no other's. */
function hostNameOf(name: string | undefined, all: readonly Wanted[]): string | undefined {
  const label = name?.split('.')[0];
  const others = all.filter((other) => other.name?.split('.')[0] === label);
  return others.length === 1 && machineName.safeParse(label).success ? label : undefined;
}
