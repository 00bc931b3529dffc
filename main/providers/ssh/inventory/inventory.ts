import { UsageError } from '../../../../common/errors.ts';

/** A variable's value, with the place that it was written at. */
export interface Variable {
  readonly value: unknown;
  /** `hosts.ini:7` */
  readonly place: string;
}

export type Variables = Map<string, Variable>;

export interface Group {
  readonly name: string;
  /** Names of the machines that it lists itself. */
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  readonly variables: Variables;
  /** Of `group_vars`: they count more than what the inventory itself says of any group. */
  readonly inFiles: Variables;
}

/**
 * An Ansible inventory as it was written. The two formats fill it (Ansible's documentation, "How to build
 * your inventory"); what is wrong is gathered, so that all mistakes of a file are told at once.
 */
export class Inventory {
  /** In the order of their first mention. */
  readonly hosts = new Map<string, Variables>();
  readonly groups = new Map<string, Group>();
  readonly file: string;
  /** Files with variables that ansible-vault has encrypted, and that were left out. */
  readonly vaulted: string[] = [];
  readonly #mistakes: { readonly line: number; readonly message: string }[] = [];

  constructor(file: string) {
    this.file = file;
  }

  place(line: number): string {
    return `${this.file}:${line}`;
  }

  complain(line: number, message: string): void {
    this.#mistakes.push({ line, message });
  }

  group(name: string): Group {
    const there = this.groups.get(name);
    if (there) return there;
    const group: Group = {
      name,
      hosts: new Set(),
      children: new Set(),
      variables: new Map(),
      inFiles: new Map(),
    };
    this.groups.set(name, group);
    return group;
  }

  /** The machine's variables; it is made if it is new. */
  host(name: string): Variables {
    const variables = this.hosts.get(name) ?? new Map();
    this.hosts.set(name, variables);
    return variables;
  }

  /**
   * As Ansible does when all is read: `ungrouped` has the machines that no other group lists, but for `all`.
   */
  gatherUngrouped(): void {
    const ungrouped = this.group('ungrouped');
    const others = [...this.groups.values()].filter(({ name }) => !['all', 'ungrouped'].includes(name));
    for (const host of this.hosts.keys()) {
      if (others.some(({ hosts }) => hosts.has(host))) ungrouped.hosts.delete(host);
      else ungrouped.hosts.add(host);
    }
  }

  /** Throws UsageError that names every mistake with its line. */
  throwMistakes(): void {
    if (this.#mistakes.length === 0) return;
    const sorted = this.#mistakes.toSorted((one, other) => one.line - other.line);
    throw new UsageError(sorted.map(({ line, message }) => `${this.place(line)}: ${message}`).join('\n'));
  }

  /** A group and all below it; a circle is gone through once. */
  below(name: string, seen = new Set<string>()): ReadonlySet<string> {
    if (seen.has(name)) return seen;
    seen.add(name);
    for (const child of this.groups.get(name)?.children ?? []) this.below(child, seen);
    return seen;
  }

  /** Groups that list the machine, or a group that it is in, the farthest first: later ones win. */
  groupsOf(host: string): readonly Group[] {
    const mine = [...this.groups.values()].filter(({ name }) =>
      [...this.below(name)].some((below) => this.groups.get(below)?.hosts.has(host)),
    );
    const priority = ({ variables, inFiles }: Group) =>
      Number((inFiles.get('ansible_group_priority') ?? variables.get('ansible_group_priority'))?.value ?? 1);
    const rank = (one: Group, other: Group) =>
      this.#depth(one.name) - this.#depth(other.name) ||
      priority(one) - priority(other) ||
      (one.name < other.name ? -1 : 1);
    return mine.toSorted(rank);
  }

  /** How far below `all`, by the longest way; a circle is gone through once. */
  #depth(name: string, seen: ReadonlySet<string> = new Set()): number {
    if (name === 'all' || seen.has(name)) return 0;
    const parents = [...this.groups.values()].filter(({ children }) => children.has(name));
    const onTheWay = new Set([...seen, name]);
    return 1 + Math.max(0, ...parents.map((parent) => this.#depth(parent.name, onTheWay)));
  }
}
