import { randomUUID } from 'node:crypto';
import { arch, hostname, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { asShakedownError } from '../../../common/errors.ts';
import { present } from '../../../common/present.ts';
import { JobsApi, RefusedError } from '../client/jobs-api.ts';
import { type ClaimAnswer, protocolVersion } from '../worker-protocol.ts';
import { doClaim } from './do-claim.ts';
import type { JobContext, WorkerJob } from './job-context.ts';
import { JobGroups } from './job-groups.ts';
import { JobPlaces } from './job-places.ts';
import { KeptResults } from './kept-results.ts';
import { Room } from './room.ts';
import type { WorkerOptions } from './worker-options.ts';

/** Seconds that the server holds back its answer while there is no job. */
const claimWait = 20;

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
  readonly #api: JobsApi;
  readonly #options: WorkerOptions;
  readonly #stopping = new AbortController();
  readonly #ending = new AbortController();
  readonly #current = new Map<string, ClaimAnswer>();
  readonly #room: Room;
  readonly #places: JobPlaces;
  #id = '';
  #paused: string | null = null;
  #running: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
    // A server that is being restarted is waited for; a lease ends by itself.
    this.#api = new JobsApi({ ...options, patience: 3600, signal: this.#ending.signal });
    const tell = (line: string) => this.#tell(line);
    this.#places = new JobPlaces(join(this.folder, 'jobs'), {
      groups: new JobGroups(tell, options.controlGroup),
      clearAway: (folder) => this.clearAway(folder),
      tell,
    });
    this.#room = new Room(this.folder, (line) => {
      tell(line);
      void this.pushStatus().catch(() => undefined);
    });
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
  get capabilities(): {
    jobtypes: readonly string[];
    platforms: readonly string[];
    labels: readonly string[];
  } {
    return {
      jobtypes: [this.jobtypes].flat(),
      platforms: [this.platform].flat(),
      labels: this.labels,
    };
  }

  /** Takes jobs until it is stopped; with `once`, ends after the first. Throws when the server refuses it. */
  async run({ once = false }: { readonly once?: boolean } = {}): Promise<void> {
    await this.#results.deliverAll(this.#api);
    await this.#register();
    this.#options.registered?.();
    const clearing = this.#places.clearLeft(this.#stopping.signal);
    const beating = this.#keepBeating();
    try {
      const slots = once ? 1 : (this.#options.slots ?? 1);
      await Promise.all(Array.from({ length: slots }, () => this.#work(once)));
    } finally {
      this.#stopping.abort();
      await Promise.all([beating, clearing]);
      await new JobsApi(this.#options).leave(this.#id).catch(() => undefined);
    }
  }

  /** Begins to take jobs; `stop` ends it. */
  start(): void {
    this.#running ??= this.run();
    this.#running.catch((error: unknown) => this.#tell(asShakedownError(error).message));
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
    const jobs = [...this.#current.values()].map(({ job, number, name }) => ({ job, number, name }));
    const problem = this.#room.problem;
    const info = { ...this.clientInfo, jobs, ...present({ problem }) };
    const { draining, pause } = await this.#api.beat(this.#id, info, signal);
    if (draining) this.#drain();
    const words = pause && `paused by ${pause.by}: '${pause.note}', until ${pause.until ?? 'it is resumed'}`;
    if (words !== this.#paused) this.#tell(words ?? 'goes on');
    this.#paused = words;
  }

  #drain(): void {
    if (!this.#stopping.signal.aborted) this.#tell('is to end: takes no further job');
    this.#stopping.abort();
  }

  /** What of this worker outlives its jobs lies in it. */
  protected get folder(): string {
    return this.#options.folder ?? join(tmpdir(), `shakedown-worker-${process.getuid?.() ?? ''}`);
  }

  get #results(): KeptResults {
    return new KeptResults(join(this.folder, 'results'), (line) => this.#tell(line));
  }

  #tell(line: string): void {
    this.#options.tell?.(line);
  }

  async #register(): Promise<void> {
    const { name = hostname(), slots = 1, beatSeconds = 60 } = this.#options;
    const { jobtypes, platforms, labels, ...more } = this.capabilities;
    this.#id = await this.#api.register({
      ...{ protocol: protocolVersion, name, slots, beatSeconds, client_info: this.clientInfo },
      capabilities: { ...more, jobtypes: [...jobtypes], platforms: [...platforms], labels: [...labels] },
    });
  }

  async #keepBeating(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await sleep((this.#options.beatSeconds ?? 60) * 1000, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      await this.pushStatus(signal).catch((error: unknown) => {
        if (!signal.aborted) this.#tell(asShakedownError(error).message);
      });
    }
  }

  async #work(once: boolean): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#room.wait(signal);
      const claim = await this.#claim(signal);
      if (!claim) continue;
      await this.#do(claim).catch((error: unknown) => {
        // Nobody renews its lease: the job runs elsewhere.
        this.#tell(`job ${claim.job} is given up: ${asShakedownError(error).message}`);
      });
      if (once) return;
    }
  }

  async #claim(signal: AbortSignal): Promise<ClaimAnswer | undefined> {
    const lease = this.#options.leaseSeconds ?? 10;
    const wishes = { worker: this.#id, request: randomUUID(), wait: claimWait, lease };
    try {
      return await this.#api.claim(wishes, signal);
    } catch (error) {
      // An answer that was on its way is no loss: nobody renews that lease.
      if (signal.aborted) return undefined;
      if (error instanceof RefusedError && error.status === 410) {
        this.#drain();
        return undefined;
      }
      if (!(error instanceof RefusedError && error.status === 404)) throw error;
      await this.#register();
      return undefined;
    }
  }

  async #do(claim: ClaimAnswer): Promise<void> {
    const place = this.#places.make();
    const attempt = `${claim.job} ${claim.number}`;
    this.#current.set(attempt, claim);
    try {
      await doClaim(claim, place, {
        ...{ api: this.#api, results: this.#results, ending: this.#ending.signal },
        tell: (line) => this.#tell(line),
        doJob: (context) => this.doJob(claim, context),
      });
    } finally {
      await this.#places.clear(place);
      this.#current.delete(attempt);
    }
  }
}
