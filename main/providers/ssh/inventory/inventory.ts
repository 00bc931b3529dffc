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
    const group: Group = { name, hosts: new Set(), children: new Set(), variables: new Map() };
    this.groups.set(name, group);
    return group;
  }

  /** The machine's variables; it is made if it is new. */
  host(name: string): Variables {
    const variables = this.hosts.get(name) ?? new Map();
    this.hosts.set(name, variables);
    return variables;
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
    const depth = ({ name }: Group) => mine.filter((other) => this.below(other.name).has(name)).length;
    const rank = (group: Group) => (group.name === 'all' ? 0 : depth(group));
    return mine.toSorted((one, other) => rank(one) - rank(other) || (one.name < other.name ? -1 : 1));
  }
}
