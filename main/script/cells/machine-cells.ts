import { UsageError } from '../../../common/errors.ts';
import { machinesOf } from '../../config/machines/machines.ts';
import { kinds } from '../../providers/kinds.ts';
import type { MachineSpec } from '../../providers/provider.ts';
import type { ScriptMachine } from '../script-options.ts';

/** Machines of one kind that are made, or borrowed, together. */
export interface Cell {
  readonly provider: string;
  /** The provider's options. */
  readonly options: unknown;
  /** With ids from 0 within the cell. */
  readonly machines: readonly MachineSpec[];
  /** The number in the run of its first machine. */
  readonly first: number;
  /** The release of machines that are made. */
  readonly os?: string;
}

/**
 * The machines that are wanted, by kind; `auto` is the provider for those that name none.
 * Throws UsageError that names every mistake.
 */
export function machineCells(
  wanted: readonly ScriptMachine[],
  auto: string | undefined,
  directory: string,
): readonly Cell[] {
  const mistakes = new Set<string>();
  const cells: Cell[] = [];
  for (const machine of wanted) {
    const cell = cellOf(machine, { auto, directory }, (mistake) => mistakes.add(mistake));
    cells.push({ ...cell, first: cells.reduce((sum, { machines }) => sum + machines.length, 0) });
  }
  if (mistakes.size > 0) throw new UsageError([...mistakes].join('\n'));
  return unique(cells);
}

function cellOf(
  { provider = 'auto', name, count, ...options }: ScriptMachine,
  { auto, directory }: { readonly auto: string | undefined; readonly directory: string },
  complain: (mistake: string) => void,
): Omit<Cell, 'first'> {
  const chosen = provider === 'auto' && auto !== undefined ? auto : provider;
  const kind = kinds[chosen];
  const located = kind?.located?.(options, directory) ?? options;
  // What is made is one unless more are asked for, and unless its options say how many by themselves.
  const counts = count !== undefined || (kind?.makes && !kind.schema.safeParse(located).success);
  const choice = { provider: chosen, options: counts ? { ...Object(located), count: count ?? 1 } : located };
  const specs = machinesOf(choice, ({ path, message }) => {
    const field = path.replace(/^nodes(\.options)?\.?/, '');
    complain([chosen === 'auto' ? 'machine' : chosen, field, message].filter(Boolean).join(': '));
  });
  const many = specs.length > 1;
  const machines = specs.map((spec) =>
    name === undefined ? spec : { ...spec, name: many ? `${name}-${spec.id}` : name },
  );
  const os = kind?.makes ? releaseOf(kind.schema.safeParse(choice.options).data) : undefined;
  return { ...choice, machines, ...(os === undefined ? {} : { os }) };
}

/** The one of all machines, where their kind knows releases by name. */
function releaseOf(settings: unknown): string | undefined {
  const { os } = Object(settings) as { readonly os?: unknown };
  return typeof os === 'string' ? os : undefined;
}

/** Machines of different cells that came out with one name get their number in the run instead. */
function unique(cells: readonly Cell[]): readonly Cell[] {
  const names = cells.flatMap(({ machines }) => machines.map(({ name }) => name));
  if (new Set(names).size === names.length) return cells;
  return cells.map((cell) => ({
    ...cell,
    machines: cell.machines.map((machine) => ({ ...machine, name: `node${cell.first + machine.id}` })),
  }));
}

/**
 * One machine for each combination of values: `['os=bookworm,trixie', 'memory=512M,1G']` makes four, each
 * named after its values. Throws UsageError for what is no `name=value,…`.
 */
export function matrixOf(base: ScriptMachine, dimensions: readonly string[]): readonly ScriptMachine[] {
  let machines: readonly ScriptMachine[] = [base];
  const seen = new Set<string>();
  for (const dimension of dimensions) {
    const [, key = '', list = ''] = /^([A-Za-z]\w*)=(.+)$/.exec(dimension) ?? [];
    const values = list.split(',').map((value) => value.trim());
    if (key === '' || values.includes('') || seen.has(key) || new Set(values).size < values.length) {
      const why = seen.has(key) ? `${key} is there twice` : 'expected name=value,value with different values';
      throw new UsageError(`--matrix ${dimension}: ${why}.`, { hint: '--matrix os=bookworm,trixie' });
    }
    seen.add(key);
    machines = machines.flatMap((machine) =>
      values.map((value) => ({
        ...machine,
        [key]: optionValue(value),
        name: [machine.name ?? [], hostName(value)].flat().join('-'),
      })),
    );
  }
  return machines;
}

/** A number or what else is JSON, or the text itself. */
export function optionValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A value as a part of a host's name. */
const hostName = (value: string): string =>
  value
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '') || 'x';
