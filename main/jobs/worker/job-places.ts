import { setTimeout as sleep } from 'node:timers/promises';
import { asShakedownError } from '../../../common/errors.ts';
import type { JobGroups } from './job-groups.ts';
import { JobPlace } from './job-place.ts';
import { timeToEnd } from './job-process.ts';

interface Clearing {
  readonly groups: JobGroups;
  /** Undoes what a job left that is no process of this machine, by its folder. */
  readonly clearAway: (folder: string) => Promise<void>;
  readonly tell: (line: string) => void;
}

/** The places of one worker's jobs, in one folder: nothing of a job is left there when it is over. */
export class JobPlaces {
  readonly #folder: string;
  readonly #clearing: Clearing;

  constructor(folder: string, clearing: Clearing) {
    this.#folder = folder;
    this.#clearing = clearing;
  }

  make(): JobPlace {
    return JobPlace.make(this.#folder, this.#clearing.groups);
  }

  /** Ends what is left of a job. Does not throw: what cannot be cleared is told. */
  async clear(place: JobPlace): Promise<void> {
    const { clearAway, tell } = this.#clearing;
    try {
      if (!(await place.endProcesses())) tell(`${place.folder}: a process of the job does not end`);
      await clearAway(place.folder);
      place.remove();
    } catch (error) {
      tell(`${place.folder} is left as it is: ${asShakedownError(error).message}`);
    }
  }

  /** The same for the jobs of workers on this folder that were killed, until `signal`. */
  async clearLeft(signal: AbortSignal): Promise<void> {
    const clear = async (place: JobPlace): Promise<void> => {
      // It was asked to end when its worker died, and may be taking its machines away.
      for (const until = performance.now() + timeToEnd; place.isBusy && performance.now() < until; ) {
        if (signal.aborted) return;
        await sleep(200);
      }
      await this.clear(place);
      this.#clearing.tell(`ended what a worker that was killed had left of ${place.folder}`);
    };
    await Promise.all(JobPlace.left(this.#folder).map(clear));
  }
}
