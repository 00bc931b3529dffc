import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalAll } from '../../common/processes/signal-all.ts';
import { processIds, processStat } from './process-stat.ts';

/** The environment variable that all that an agent starts inherits, with the node's id as its value. */
export const markVariable = 'SHAKEDOWN_AGENT';
/** The same for one supervised service, with the service's name. */
export const serviceVariable = 'SHAKEDOWN_SERVICE';

/**
 * Finds processes by what they inherited, which is how those are found that left their process group, and
 * those of an agent that is dead. Process ids are taken from /proc at this moment, so that a reused one does
 * no harm.
 */
export class MarkedProcesses {
  readonly #mark: string;

  /** `id` is the node's own: nodes that share a kernel see each other's processes from the outer one. */
  constructor(id: string) {
    this.#mark = `${markVariable}=${id}`;
  }

  /** Ids of living processes of this node's agents, of one service if it is named. Zombies do not count. */
  find(service?: string): number[] {
    const marks = [this.#mark, ...(service === undefined ? [] : [`${serviceVariable}=${service}`])];
    return others().filter((pid) => hasMarks(pid, marks));
  }

  /** Those that belong to no supervised service. */
  findTasks(): number[] {
    return this.find().filter(
      (pid) => !variablesOf(pid).some((one) => one.startsWith(`${serviceVariable}=`)),
    );
  }

  /** Sends a signal to each but those of the process group `except`; how many it reached. */
  signal(signal: NodeJS.Signals, service?: string, except?: number): number {
    const found = this.find(service);
    return signalAll(
      except === undefined ? found : found.filter((pid) => processStat(pid)?.group !== except),
      signal,
    );
  }

  /**
   * Kills until none is left, new children included. False when some are still there after `within` seconds.
   */
  async end(service?: string, within = 5): Promise<boolean> {
    for (const begin = performance.now(); performance.now() - begin < within * 1000; await sleep(20)) {
      if (this.signal('SIGKILL', service) === 0) return true;
    }
    return false;
  }
}

const others = (): number[] => processIds().filter((pid) => pid !== process.pid);

function hasMarks(pid: number, marks: readonly string[]): boolean {
  const variables = variablesOf(pid);
  return marks.every((mark) => variables.includes(mark));
}

/** None of a process that has ended: a zombie's environment reads as empty. */
function variablesOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
