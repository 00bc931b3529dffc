import { readFileSync, statSync } from 'node:fs';
import { printableLine } from '../../common/text/printable.ts';
import { readableBytes } from '../../common/text/readable-bytes.ts';
import { inColumns } from './columns.ts';
import { kernelUnits } from './kernel-units.ts';
import { type ProcessStat, processIds, processStat } from './process-stat.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/**
 * The processes of this node with who started whom, as `ps axwwf -o user,pid,ppid,stat,lstart,rss,args`
 * (ps(1)) shows them.
 */
export function processTree(): string {
  const stats = processIds().flatMap((pid) => processStat(pid) ?? []);
  const booted = bootTime();
  const users = userNames();
  const { page, ticks } = kernelUnits();
  const nameOf = (owner: number | undefined) => users.get(owner ?? -1) ?? String(owner ?? '?');
  const rows = inTree(stats).map(({ stat, branch }) => [
    nameOf(ownerOf(stat.pid)),
    String(stat.pid),
    String(stat.parent),
    stateOf(stat),
    dateOf(booted + (stat.startTicks / ticks) * 1000),
    String((stat.residentPages * page) / 1024),
    `${branch}${commandOf(stat)}`,
  ]);
  const heads = ['USER', 'PID', 'PPID', 'STAT', 'STARTED', 'RSS', 'COMMAND'];
  return inColumns([heads, ...rows], ['PID', 'PPID', 'STARTED', 'RSS']);
}

interface Placed {
  readonly stat: ProcessStat;
  /** What ps draws before the command: ` |   \_ `. */
  readonly branch: string;
}

/** Each after the one that started it. */
export function inTree(stats: readonly ProcessStat[]): Placed[] {
  const known = new Set(stats.map(({ pid }) => pid));
  const children = Map.groupBy(stats, ({ parent }) => (known.has(parent) ? parent : 0));
  const placed: Placed[] = [];
  // A list of its own: a chain of processes may be deeper than a stack.
  const waiting = [...(children.get(0) ?? [])].reverse().map((stat) => ({ stat, branch: '', below: '' }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { stat, branch, below } = next;
    placed.push({ stat, branch });
    const own = children.get(stat.pid) ?? [];
    for (const [index, child] of [...own.entries()].reverse()) {
      const last = index === own.length - 1;
      waiting.push({ stat: child, branch: `${below} \\_ `, below: `${below}${last ? '    ' : ' |  '}` });
    }
  }
  return placed;
}

/** As ps(1) has it under "PROCESS STATE CODES". */
const stateOf = ({ state, nice, pid, session, threads, group, foreground }: ProcessStat): string =>
  [
    state,
    nice < 0 ? '<' : nice > 0 ? 'N' : '',
    session === pid ? 's' : '',
    threads > 1 ? 'l' : '',
    foreground === group ? '+' : '',
  ].join('');

function commandOf({ pid, name, state }: ProcessStat): string {
  const words = wordsOf(pid).replace(/\0+$/, '').replaceAll('\0', ' ');
  if (words !== '') return printableLine(words, 20_000);
  return `[${printableLine(name)}]${state === 'Z' ? ' <defunct>' : ''}`;
}

function wordsOf(pid: number): string {
  const file = `/proc/${pid}/cmdline`;
  const text = read(file);
  return text.includes('\ufffd') ? readableBytes(readFileSync(file)) : text;
}

function ownerOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}

const userNames = (): Map<number, string> =>
  new Map(
    read('/etc/passwd')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name = '', , uid]) => [Number(uid), name]),
  );

/** ms since the epoch. */
const bootTime = (): number => Number(/^btime (\d+)$/m.exec(read('/proc/stat'))?.[1] ?? 0) * 1000;

/** `Thu Nov  6 13:35:09 2026`, in the node's own zone. */
function dateOf(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  const day = String(date.getDate()).padStart(2);
  return `${days[date.getDay()]} ${months[date.getMonth()]} ${day} ${clock} ${date.getFullYear()}`;
}

/** Node reads text by one call of its own, and bytes of files that tell no size by many. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
