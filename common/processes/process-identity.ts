import { readFileSync } from 'node:fs';

/** A process, so that one which later gets the same id is not taken for it. */
export interface ProcessIdentity {
  readonly pid: number;
  /**
   * Clock ticks between the boot and its start: field 22 of /proc/<pid>/stat
   * (proc(5)); absent where there is none.
   */
  readonly startTime?: string;
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId?: string;
}

/** Who a process is; our own unless told. */
export function processIdentity(pid = process.pid): ProcessIdentity {
  const startTime = startTimeOf(pid);
  const bootId = readIfThere('/proc/sys/kernel/random/boot_id')?.trim();
  return {
    pid,
    ...(startTime === undefined ? {} : { startTime }),
    ...(bootId === undefined ? {} : { bootId }),
  };
}

/**
 * Whether that very process still runs; one that has ended and that nobody
 * has asked about (a zombie) does not.
 */
export function isAlive(identity: ProcessIdentity): boolean {
  if (/^[ZX]$/.test(statOf(identity.pid)?.[0] ?? '')) return false;
  const now = processIdentity(identity.pid);
  if (now.bootId !== identity.bootId || now.startTime !== identity.startTime) return false;
  try {
    process.kill(identity.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const startTimeOf = (pid: number): string | undefined => statOf(pid)?.[19];

/** The fields of /proc/PID/stat (proc(5)) from the state on. */
function statOf(pid: number): readonly string[] | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The command's name, in parentheses, may hold spaces and parentheses itself.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
