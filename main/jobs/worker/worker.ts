import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { asShakedownError } from '../../../common/errors.ts';
import type { JobContext, WorkerJob } from './job-context.ts';
import type { Capabilities, WorkLoop } from './work-loop.ts';
import type { WorkerOptions } from './worker-options.ts';

/**
 * A worker of a job server: say in `jobtypes` which jobs it does, and do one in `doJob`. `run` takes jobs
 * until `stop`, which waits for the current ones.
 */
export abstract class Worker {
  jobtypes: string | readonly string[] = [];
  /** What this machine is, for jobs that ask for it. */
  platform: string | readonly string[] = [platform(), `${platform()}-${arch()}`];
  labels: readonly string[] = [];
  /** Anything that others shall see of this worker; it goes with each heartbeat, beside the current jobs. */
  clientInfo: Record<string, unknown> = {};
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #ending = new AbortController();
  #loop: Promise<WorkLoop> | undefined;
  #running: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Does one job, and gives its result: anything that is JSON. */
  abstract doJob(job: WorkerJob, context: JobContext): Promise<unknown>;

  /**
   * Undoes what a job has left that is no process of this machine: called with the job's
   * folder when that is over, and all that it had started is ended. What it throws is told;
   * the next worker on `folder` tries again.
   */
  protected async clearAway(_folder: string): Promise<void> {}

  /** All that jobs may ask for; to be overridden for more. */
  get capabilities(): Capabilities {
    return {
      jobtypes: [this.jobtypes].flat(),
      platforms: [this.platform].flat(),
      labels: this.labels,
    };
  }

  /** Takes jobs until it is stopped; with `once`, ends after the first. Throws when the server refuses it. */
  async run({ once = false }: { readonly once?: boolean } = {}): Promise<void> {
    await (await this.#work()).run(once);
  }

  /** Begins to take jobs; `stop` ends it. */
  start(): void {
    this.#running ??= this.run();
    this.#running.catch((error: unknown) => this.#options.tell?.(asShakedownError(error).message));
  }

  /**
   * Takes no further job, and waits for those under way; with `endJobs`, ends them: they run elsewhere later.
   */
  async stop({ endJobs = false }: { readonly endJobs?: boolean } = {}): Promise<void> {
    this.#stopping.abort();
    if (endJobs) this.#ending.abort();
    await this.#running?.catch(() => undefined);
  }

  /**
   * Sends `clientInfo` now instead of with the next heartbeat; a server that is
   * away is waited for until `signal`.
   */
  async pushStatus(signal?: AbortSignal): Promise<void> {
    await (await this.#work()).beat(signal);
  }

  /** What of this worker outlives its jobs lies in it. */
  protected get folder(): string {
    return this.#options.folder ?? join(tmpdir(), `shakedown-worker-${process.getuid?.() ?? ''}`);
  }

  /** Loaded when there is work: config files import this module too, and need none of that. */
  #work(): Promise<WorkLoop> {
    this.#loop ??= import('./work-loop.ts').then(
      ({ WorkLoop }) =>
        new WorkLoop(
          {
            folder: this.folder,
            capabilities: () => this.capabilities,
            clientInfo: () => this.clientInfo,
            doJob: (job, context) => this.doJob(job, context),
            clearAway: (folder) => this.clearAway(folder),
            pushStatus: (signal) => this.pushStatus(signal),
          },
          { ...this.#options, stopping: this.#stopping, ending: this.#ending.signal },
        ),
    );
    return this.#loop;
  }
}
