import type { Document, Node, Pair, YAMLMap } from 'yaml';
import type { Inventory, Variables } from './inventory.ts';
import { addMachines } from './parse-ini.ts';
import { yaml } from './yaml.ts';

/**
 * Ansible's YAML format (ansible.builtin.yaml inventory): groups at the top, each
 * with `hosts`, `children` and `vars`.
 */
export function parseYaml(text: string, inventory: Inventory): void {
  new YamlInventory(text, inventory).read();
}

class YamlInventory {
  readonly #inventory: Inventory;
  readonly #document: Document.Parsed;
  readonly #lines = new (yaml().LineCounter)();

  constructor(text: string, inventory: Inventory) {
    this.#inventory = inventory;
    this.#document = yaml().parseDocument(text, {
      lineCounter: this.#lines,
      merge: true,
      logLevel: 'silent',
    });
  }

  read(): void {
    const { errors, contents } = this.#document;
    for (const { message, linePos, pos } of errors) {
      const line = linePos?.[0].line ?? this.#lines.linePos(pos[0]).line;
      this.#inventory.complain(line, message.split(/ at line \d+/)[0] ?? message);
    }
    if (errors.length > 0) return;
    for (const [name, pair] of this.#entries(contents, 'groups: all, or names of your own')) {
      this.#readGroup(name, pair);
    }
  }

  #readGroup(name: string, pair: Pair): void {
    const inventory = this.#inventory;
    const group = inventory.group(name);
    for (const [key, part] of this.#entries(pair.value, `hosts, children or vars of group '${name}'`)) {
      const single = this.#name(part.value);
      if (key === 'hosts' && single !== undefined) {
        const at = { group: name, line: this.#line(part.value), variables: new Map() };
        addMachines(single, at, inventory);
      } else if (key === 'hosts') {
        for (const [host, { key: at, value }] of this.#entries(part.value, 'machines, as `name:`')) {
          const variables = this.#variables(value);
          addMachines(host, { group: name, line: this.#line(at), variables }, inventory);
        }
      } else if (key === 'children') {
        for (const [child, below] of this.#entries(part.value, 'groups, as `name:`')) {
          group.children.add(child);
          this.#readGroup(child, below);
        }
      } else if (key === 'vars') {
        for (const [variable, value] of this.#variables(part.value)) group.variables.set(variable, value);
      } else {
        const message = `found '${key}' in group '${name}', expected hosts, children or vars`;
        inventory.complain(this.#line(part.key), message);
      }
    }
  }

  /** Ansible takes a single name for a mapping of it alone. */
  #name(node: unknown): string | undefined {
    const resolved = this.#resolved(node);
    return yaml().isScalar(resolved) && typeof resolved.value === 'string' ? resolved.value : undefined;
  }

  #variables(value: unknown): Variables {
    const values: Readonly<Record<string, unknown>> = this.#map(value)?.toJS(this.#document) ?? {};
    const lines = new Map(
      this.#entries(value, 'variables, as `name: value`').map(([key, pair]) => [key, this.#line(pair.key)]),
    );
    return new Map(
      Object.entries(values).map(([key, each]) => {
        const line = lines.get(key) ?? this.#line(value);
        return [key, { value: each, place: this.#inventory.place(line) }];
      }),
    );
  }

  /** The pairs of a mapping; nothing at all is taken for an empty one. */
  #entries(node: unknown, expected: string): readonly (readonly [string, Pair])[] {
    const map = this.#map(node);
    if (map)
      return map.items.map((pair) => [String(yaml().isScalar(pair.key) ? pair.key.value : pair.key), pair]);
    const resolved = this.#resolved(node);
    if (resolved === undefined || (yaml().isScalar(resolved) && resolved.value === null)) return [];
    this.#inventory.complain(this.#line(node), `expected ${expected}`);
    return [];
  }

  #map(node: unknown): YAMLMap | undefined {
    const resolved = this.#resolved(node);
    return yaml().isMap(resolved) ? resolved : undefined;
  }

  #resolved(node: unknown): unknown {
    return (yaml().isAlias(node) ? node.resolve(this.#document) : node) ?? undefined;
  }

  #line(node: unknown): number {
    const start = (node as Node | undefined)?.range?.[0];
    return start === undefined ? 1 : this.#lines.linePos(start).line;
  }
}
