import { UsageError } from '../../common/errors.ts';
import type { Submission } from './protocol.ts';

/** One combination of the axes' values. */
export type Cell = Readonly<Record<string, string>>;

/** Jobs of one matrix. */
const most = 256;

/** Flags of the command that a job runs, of which each value may be another one in each job. */
export const machineFlags: readonly string[] = ['provider', 'os', 'count'];

/** The combinations of what `--matrix name=a,b` say, in their order. Throws UsageError. */
export function cellsOf(written: readonly string[]): readonly Cell[] {
  let cells: readonly Cell[] = [{}];
  const names = new Set<string>();
  for (const axis of written) {
    const [, name = '', values = ''] = /^([A-Za-z_][\w.-]*)=(.+)$/s.exec(axis) ?? [];
    const each = values.split(',');
    if (name === '' || each.some((value) => value === '')) {
      throw new UsageError(`--matrix takes name=value,value; found '${axis}'.`, {
        hint: 'os=bookworm,trixie',
      });
    }
    if (names.has(name)) throw new UsageError(`--matrix ${name}: it is there twice.`);
    names.add(name);
    cells = cells.flatMap((cell) => [...new Set(each)].map((value) => ({ ...cell, [name]: value })));
    if (cells.length > most) throw new UsageError(`--matrix makes more than ${most} jobs.`);
  }
  return cells;
}

/**
 * A cell's job: `label` and `platform` are what its worker must have and be; `provider`, `os` and `count`
 * are the flags of that name; any other one is a value of the main config (`--set`) for a run, an
 * environment variable (`--env`) for a script and for a distribution. For a build all others are parameters.
 * Throws UsageError for what has a value already.
 */
export function submissionOfCell(
  cell: Cell,
  asked: Submission,
  options: Readonly<Record<string, unknown>>,
): Submission {
  const { label, platform, ...others } = cell;
  if (platform !== undefined && asked.platform !== undefined) throw saidAlready('platform');
  return {
    ...asked,
    name: `${asked.name ?? asked.type} ${cellWords(cell)}`,
    cell,
    labels: [...(asked.labels ?? []), ...(label === undefined ? [] : [label])],
    ...(platform === undefined ? {} : { platform }),
    ...(asked.type === 'build'
      ? { parameters: { ...parametersOf(asked), ...withoutThose(others, parametersOf(asked)) } }
      : { args: withFlags(asked.args as readonly string[], flagsOf(others, asked.type, options)) }),
  };
}

const parametersOf = ({ parameters }: Submission): Record<string, string> =>
  (parameters ?? {}) as Record<string, string>;

function withoutThose(cell: Cell, known: Cell): Cell {
  const twice = Object.keys(cell).find((name) => name in known);
  if (twice !== undefined) throw saidAlready(twice);
  return cell;
}

function flagsOf(cell: Cell, type: string, options: Readonly<Record<string, unknown>>): readonly string[] {
  const flag = type === 'run' ? 'set' : 'env';
  return Object.entries(cell).flatMap(([name, value]) => {
    const isFlag = machineFlags.includes(name);
    const given = isFlag ? options[name] !== undefined : startsOf(options[flag]).includes(name);
    if (given) throw saidAlready(name);
    if (isFlag) return [`--${name}`, value];
    if (type !== 'run' && !/^[A-Za-z_]\w*$/.test(name)) {
      throw new UsageError(`--matrix ${name}=…: that is no name of an environment variable.`);
    }
    return [`--${flag}`, `${name}=${value}`];
  });
}

const startsOf = (given: unknown): readonly string[] =>
  given === undefined ? [] : [given].flat().map((each) => String(each).split('=', 1)[0] ?? '');

/** Flags come before what a script itself gets. */
function withFlags(args: readonly string[], flags: readonly string[]): readonly string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return args.toSpliced(end, 0, ...flags);
}

const saidAlready = (name: string): UsageError =>
  new UsageError(`--matrix ${name}=…: it has a value already, by another flag.`);

/** A cell in one line: `os=bookworm count=3`. */
export const cellWords = (cell: Cell): string =>
  Object.entries(cell)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
