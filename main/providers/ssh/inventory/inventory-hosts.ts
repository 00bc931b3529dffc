import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../../../../common/errors.ts';
import { present } from '../../../../common/present.ts';
import type { ParsedHost } from '../parse-host.ts';
import type { Inventory, Variable, Variables } from './inventory.ts';
import { isVaulted, withoutVault } from './vault.ts';
import { words } from './words.ts';

/** Which machines of an inventory are wanted, and as what. */
export interface Selection {
  /** Those of this group, or of these; the group is their role. */
  readonly group?: string | readonly string[] | undefined;
  /** Those of these groups, by role. */
  readonly roles?: Readonly<Record<string, string>> | undefined;
}

/**
 * The machines of an inventory in the order in which it names them; those of `roles` and `group` in
 * the order of the groups. Without these a machine's role is the one group that lists it, if that is
 * just one. The variable `shakedown_role` wins. Throws UsageError for an unknown group, and for
 * variables that cannot be followed, with file and line.
 */
export function inventoryHosts(inventory: Inventory, { group, roles }: Selection): readonly ParsedHost[] {
  const chosen = roles ?? Object.fromEntries([group ?? []].flat().map((name) => [name, name]));
  const mistakes: string[] = [];
  const pairs = Object.entries(chosen);
  const selected = new Map<string, string | undefined>();
  for (const [role, name] of pairs) {
    const members = membersOf(inventory, name);
    if (!members) mistakes.push(unknownGroup(inventory, name));
    else if (members.length === 0) mistakes.push(`${inventory.file}: group '${name}' has no machine`);
    for (const host of members ?? []) if (!selected.has(host)) selected.set(host, role);
  }
  if (pairs.length === 0) for (const host of inventory.hosts.keys()) selected.set(host, undefined);
  if (inventory.hosts.size === 0) mistakes.push(`${inventory.file}: there is no machine in it`);
  const hosts = [...selected].map(([name, role]) => {
    const listing = [...inventory.groups.values()].filter(
      (each) => !['all', 'ungrouped'].includes(each.name) && each.hosts.has(name),
    );
    const listed = listing.length === 1 ? listing[0]?.name : undefined;
    return toHost(inventory, name, { role: role ?? listed, mistakes });
  });
  if (mistakes.length > 0) throw new UsageError([...new Set(mistakes)].join('\n'));
  return hosts;
}

function membersOf(inventory: Inventory, group: string): readonly string[] | undefined {
  if (group === 'all') return [...inventory.hosts.keys()];
  if (!inventory.groups.has(group)) return undefined;
  const below = inventory.below(group);
  return [...inventory.hosts.keys()].filter((host) =>
    [...below].some((name) => inventory.groups.get(name)?.hosts.has(host)),
  );
}

function unknownGroup(inventory: Inventory, name: string): string {
  const names = [...inventory.groups.keys()].filter((each) => each !== 'ungrouped');
  return `${inventory.file}: there is no group '${name}'; there are: ${names.join(', ') || 'none'}`;
}

function toHost(
  inventory: Inventory,
  name: string,
  { role, mistakes }: { readonly role: string | undefined; readonly mistakes: string[] },
): ParsedHost {
  const variables = variablesOf(inventory, name);
  const read = (names: readonly string[]) =>
    textOf(variables, names, { name, inventory: inventory.file, mistakes });
  const connection = read(['ansible_connection']);
  if (connection && !/^(ssh|smart|paramiko(_ssh)?)$/.test(connection.text)) {
    mistakes.push(`${connection.place}: ${name} is reached by '${connection.text}', not by ssh`);
  }
  const port = read(['ansible_port', 'ansible_ssh_port']);
  if (port && !(/^\d+$/.test(port.text) && Number(port.text) > 0 && Number(port.text) < 65_536)) {
    mistakes.push(`${port.place}: '${port.text}' is no port`);
  }
  const user = read(['ansible_user', 'ansible_ssh_user'])?.text;
  const key = read(['ansible_ssh_private_key_file', 'ansible_private_key_file'])?.text;
  const sshArguments = argumentsOf(read, mistakes);
  const password = read(['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password']);
  const ownRole = read(['shakedown_role'])?.text ?? role;
  return {
    address: read(['ansible_host', 'ansible_ssh_host'])?.text ?? name,
    name,
    ...(port ? { port: Number(port.text) } : {}),
    ...present({ user }),
    ...present({ key: key === undefined ? undefined : keyFile(key, inventory.file) }),
    ...present({ role: ownRole }),
    ...(sshArguments.length > 0 ? { sshArguments } : {}),
    ...(password
      ? { notFollowed: [`${password.place}: a password is not followed: only keys are tried`] }
      : {}),
  };
}

/**
 * What counts for a machine: its own variables over those of its groups, those of `group_vars` over those of
 * the inventory, and a child's over its parent's (Ansible's VARIABLE_PRECEDENCE).
 */
function variablesOf(inventory: Inventory, name: string): Variables {
  const all = inventory.groups.get('all');
  const groups = inventory.groupsOf(name).filter((group) => group !== all);
  const ordered = [...(all ? [all] : []), ...groups];
  const layers = [...ordered.map(({ variables }) => variables), ...ordered.map(({ inFiles }) => inFiles)];
  return new Map([...layers, inventory.hosts.get(name) ?? new Map()].flatMap((layer) => [...layer]));
}

interface Text {
  readonly text: string;
  readonly place: string;
}

function textOf(
  variables: Variables,
  names: readonly string[],
  {
    name,
    inventory,
    mistakes,
  }: { readonly name: string; readonly inventory: string; readonly mistakes: string[] },
): Text | undefined {
  const key = names.find((each) => variables.has(each));
  const variable: Variable | undefined = key === undefined ? undefined : variables.get(key);
  if (!variable || variable.value === null) return undefined;
  const { value, place } = variable;
  if (!['string', 'number', 'boolean'].includes(typeof value)) {
    mistakes.push(`${place}: ${key} of ${name} is no text`);
    return undefined;
  }
  if (isVaulted(String(value))) {
    const how = withoutVault(inventory);
    mistakes.push(`${place}: ${key} of ${name} is encrypted by ansible-vault, and is not decrypted: ${how}`);
    return undefined;
  }
  const text = String(value).replace(/\{\{\s*inventory_hostname\s*\}\}/g, name);
  if (text.includes('{{')) {
    mistakes.push(`${place}: ${key} of ${name} is a template, which only Ansible can work out: ${text}`);
    return undefined;
  }
  return { text, place };
}

/** What ssh itself is told besides, in the order in which Ansible tells it: what comes first counts. */
function argumentsOf(
  read: (names: readonly string[]) => Text | undefined,
  mistakes: string[],
): readonly string[] {
  const checking = read(['ansible_ssh_host_key_checking', 'ansible_host_key_checking']);
  const off = checking !== undefined && /^(false|no|0|off|n|f)$/i.test(checking.text);
  const written = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'].flatMap(
    (name) => {
      const args = read([name]);
      return args ? words(args.text, (message) => mistakes.push(`${args.place}: ${name}: ${message}`)) : [];
    },
  );
  return [...(off ? ['-o', 'StrictHostKeyChecking=no'] : []), ...written];
}

/** Relative to the inventory, so that it does not matter from where it is used. */
const keyFile = (written: string, inventory: string): string =>
  resolve(dirname(inventory), written.replace(/^~(?=\/)/, homedir()));
