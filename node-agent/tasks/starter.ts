import { ShakedownError } from '../../common/errors.ts';
import { type StartedProcess, StarterProcess, type ToStart } from './starter-process.ts';

/**
 * Starts processes by one of perl's that stays. Node itself would copy the tables of all its memory for each,
 * and gives a child sockets, which cannot be opened again by their names: a `tee /dev/stderr` would fail
 * (unix(7)). Perl makes pipes, which are opened from it (proc(5)).
 */
export class Starter {
  #process: StarterProcess | undefined;

  /** There will be tasks soon. */
  prepare(): void {
    this.#running();
  }

  /** The next task is started by another process, which is in the control group in which this one is now. */
  renew(): void {
    this.#process?.retire();
    this.#process = undefined;
  }

  /**
   * Resolves when the process is there; a program that cannot be run says why on its stderr and ends with
   * 127. Throws ShakedownError where nothing can be started.
   */
  async start(process: ToStart): Promise<StartedProcess> {
    const words = [...process.argv, process.cwd, ...Object.entries(process.env).flat()];
    if (words.some((word) => word?.includes('\0')))
      throw new ShakedownError({ message: 'what is to be started holds a NUL character' });
    return this.#running().start(process);
  }

  #running(): StarterProcess {
    if (!this.#process?.alive) this.#process = new StarterProcess();
    return this.#process;
  }
}
