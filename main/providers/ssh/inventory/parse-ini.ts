import { isIPv6 } from 'node:net';
import { UsageError } from '../../../../common/errors.ts';
import { expandRanges } from '../host-range.ts';
import type { Inventory, Variables } from './inventory.ts';
import { words } from './words.ts';

type Kind = 'hosts' | 'children' | 'vars';

/**
 * Ansible's INI format (ansible.builtin.ini inventory): machines with variables on their line, `[group]`,
 * `[group:children]`, `[group:vars]`; `#` and `;` begin comments.
 */
export function parseIni(text: string, inventory: Inventory): void {
  const mentioned = new Map<string, number>();
  let section: { group: string; kind: Kind } = { group: 'ungrouped', kind: 'hosts' };
  for (const [index, written] of text.split('\n').entries()) {
    const [number, line] = [index + 1, written.trim()];
    if (line === '' || /^[#;]/.test(line)) continue;
    const complain = (message: string) => inventory.complain(number, message);
    if (line.startsWith('[') && /^\[[^\]]*\]\s*([#;].*)?$/.test(line)) {
      section = sectionOf(line, complain) ?? section;
      inventory.group(section.group);
    } else if (section.kind === 'hosts') addHosts(line, section.group, number, inventory);
    else if (section.kind === 'vars') addVariable(line, section.group, number, inventory);
    else {
      const [child = '', ...more] = words(line, complain);
      if (more.length > 0) complain(`expected the name of one group, found '${line}'`);
      inventory.group(section.group).children.add(child);
      mentioned.set(child, number);
    }
  }
  for (const [child, line] of mentioned) {
    if (!inventory.groups.has(child)) inventory.complain(line, `there is no group '${child}'`);
  }
}

function sectionOf(
  line: string,
  complain: (message: string) => void,
): { group: string; kind: Kind } | undefined {
  const [, group, kind = 'hosts'] = /^\[\s*([^:\]\s]+)\s*(?::\s*(\w+)\s*)?\]/.exec(line) ?? [];
  if (group === undefined) complain(`expected [group], [group:children] or [group:vars], found '${line}'`);
  else if (kind === 'hosts' || kind === 'children' || kind === 'vars') return { group, kind };
  else complain(`there is no section [${group}:${kind}]; there are [${group}:children] and [${group}:vars]`);
  return undefined;
}

/** `db[01:20].example:2222 ansible_user=admin` */
function addHosts(line: string, group: string, number: number, inventory: Inventory): void {
  const complain = (message: string) => inventory.complain(number, message);
  const [pattern = '', ...assignments] = words(line, complain);
  const variables: Variables = new Map();
  for (const assignment of assignments) {
    const [, key, value = ''] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
    if (key === undefined) complain(`expected name=value after the machine, found '${assignment}'`);
    else variables.set(key, { value: literal(value), place: inventory.place(number) });
  }
  addMachines(pattern, { group, line: number, variables }, inventory);
}

/** The machines of a name with ranges, each with `variables`; `:port` at its end is `ansible_port`. */
export function addMachines(
  pattern: string,
  {
    group,
    line,
    variables,
  }: { readonly group: string; readonly line: number; readonly variables: Variables },
  inventory: Inventory,
): void {
  const [, written = pattern, port] = /^((?:\[[^\]]*\]|[^:[\]])+):(\d+)$/.exec(pattern) ?? [];
  const address = written.replace(/^\[([^\]]*)\]$/, '$1');
  const name = isIPv6(address) ? address : written;
  if (/[=@\s]/.test(name) || (name.endsWith(':') && !isIPv6(name))) {
    inventory.complain(line, `expected the name of a machine, found '${pattern}'`);
    return;
  }
  try {
    for (const host of expandRanges(name)) {
      const own = inventory.host(host);
      inventory.group(group).hosts.add(host);
      if (port !== undefined) own.set('ansible_port', { value: port, place: inventory.place(line) });
      for (const [key, variable] of variables) own.set(key, variable);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    inventory.complain(line, error.message);
  }
}

/** In `[group:vars]` the value goes to the end of the line, and may be a Python literal. */
function addVariable(line: string, group: string, number: number, inventory: Inventory): void {
  const [, key, written = ''] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
  if (key === undefined) {
    inventory.complain(number, `expected name=value, found '${line}'`);
    return;
  }
  const value = literal(written);
  inventory.group(group).variables.set(key, { value, place: inventory.place(number) });
}

/** Of what may be a Python literal the text in its quotes, and a number without what is said behind it. */
function literal(written: string): string {
  const [, , quoted] = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(written) ?? [];
  const [, digits] = /^(\d+)\s*(?:#.*)?$/.exec(written) ?? [];
  return quoted ?? digits ?? written;
}
