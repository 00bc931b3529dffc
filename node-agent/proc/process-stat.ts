import { readdirSync, readFileSync } from 'node:fs';

/** What /proc/PID/stat tells of a process (proc(5)). */
export interface ProcessStat {
  readonly pid: number;
  /** The program's name, cut to 15 letters. */
  readonly name: string;
  /** `R`, `S`, `D`, `T` …; `Z` for one that has ended. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** The group in the foreground of its terminal; -1 without one. */
  readonly foreground: number;
  readonly nice: number;
  readonly threads: number;
  /** Clock ticks from the boot to its start. */
  readonly startTicks: number;
  /** Pages in memory. */
  readonly residentPages: number;
}

/** Undefined for a process that is no more. */
export function processStat(pid: number): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The name, in parentheses, may hold spaces and parentheses itself. */
export function parseStat(text: string): ProcessStat {
  const end = text.lastIndexOf(')');
  const [state = '', ...rest] = text.slice(end + 2).split(' ');
  const field = (number: number) => Number(rest[number - 4]);
  return {
    pid: Number.parseInt(text, 10),
    name: text.slice(text.indexOf('(') + 1, end),
    state,
    parent: field(4),
    group: field(5),
    session: field(6),
    foreground: field(8),
    nice: field(19),
    threads: field(20),
    startTicks: field(22),
    residentPages: field(24),
  };
}

/** Ids of all processes of this node at this moment, the lowest first. */
export const processIds = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);

/**
 * The id that was given last. All that began after another process, and before ids begin anew, have higher
 * ones than that. 0 where the kernel does not tell.
 */
export function lastProcessId(): number {
  try {
    return Number(readFileSync('/proc/loadavg', 'utf8').trim().split(' ')[4] ?? 0);
  } catch {
    return 0;
  }
}
